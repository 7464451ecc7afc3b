"""Names that a language brings along: what is called by them is neither resolved nor lost."""

import builtins

from graph_sitter_db.model.keys import Family


def is_builtin(name: str, family: Family) -> bool:
    """Whether a dotted name starts at a builtin: `print`, `str.join`, `console.log`."""
    root = name.partition(".")[0].partition("?")[0].partition("<")[0].strip()
    return root in (_PYTHON if family is Family.PYTHON else _JAVASCRIPT)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PYTHON = frozenset(dir(builtins))

# The global objects and functions of ECMAScript, browsers and Node.js that code commonly names, and
# types of TypeScript's own library that classes and interfaces extend.
_JAVASCRIPT = _words(
    """
    Array ArrayBuffer AggregateError Atomics BigInt BigInt64Array BigUint64Array Boolean
    DataView Date Error EvalError FinalizationRegistry Float32Array Float64Array Function
    Infinity Int16Array Int32Array Int8Array Intl Iterator JSON Map Math NaN Number Object
    Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String
    Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array
    Uint8ClampedArray WeakMap WeakRef WeakSet decodeURI decodeURIComponent encodeURI
    encodeURIComponent escape eval globalThis isFinite isNaN parseFloat parseInt undefined
    unescape AbortController AbortSignal Blob BroadcastChannel Buffer CustomEvent
    DOMException Event EventTarget File FileReader FormData Headers Image
    IntersectionObserver MessageChannel MutationObserver Notification ReadableStream Request
    ResizeObserver Response TextDecoder TextEncoder TransformStream URL URLSearchParams
    WebSocket Worker WritableStream XMLHttpRequest __dirname __filename alert atob btoa
    cancelAnimationFrame clearImmediate clearInterval clearTimeout confirm console crypto
    document exports fetch global history import localStorage location module navigator
    performance process prompt queueMicrotask requestAnimationFrame requestIdleCallback
    require self sessionStorage setImmediate setInterval setTimeout structuredClone window
    Awaited Exclude Extract InstanceType Iterable AsyncIterable AsyncIterator NonNullable
    Omit Parameters Partial Pick PromiseLike Readonly ReadonlyArray ReadonlyMap ReadonlySet
    Record Required ReturnType ThisType HTMLElement Element Node
    """
)
