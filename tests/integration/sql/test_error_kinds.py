"""Messages as compilers, interpreters, databases and networks write them, told apart."""

import pytest
from tests.integration.sql.conftest import Connection, value

MESSAGES = {
    "syntax_error": [
        "SyntaxError: invalid syntax",
        "IndentationError: unexpected indent",
        "TabError: inconsistent use of tabs and spaces in indentation",
        "SyntaxError: Unexpected token '}' in JSON at position 3",
        "SyntaxError: missing ) after argument list",
        'ERROR:  syntax error at or near "FORM"',
    ],
    "logic_error": [
        "AssertionError: assert 3 == 4",
        "Expected 5 but got 6",
        "expect(received).toBe(expected): expected 1, received 2",
        "invariant violated: the queue is not empty",
        "panic: unreachable code",
    ],
    "runtime_error": [
        "TypeError: unsupported operand type(s) for +: 'int' and 'str'",
        "ValueError: invalid literal for int() with base 10: 'x'",
        "KeyError: 'name'",
        "IndexError: list index out of range",
        "AttributeError: 'NoneType' object has no attribute 'split'",
        "ReferenceError: foo is not defined",
        "ZeroDivisionError: division by zero",
        "FileNotFoundError: [Errno 2] No such file or directory: 'a.txt'",
        "Segmentation fault (core dumped)",
        "TypeError: undefined is not a function",
    ],
    "performance_issue": [
        "ERROR:  canceling statement due to statement timeout",
        "ERROR:  deadlock detected",
        "Lock wait timeout exceeded; try restarting transaction",
        "slow query: 5.2 s",
        "performance regression of 30 % in parse()",
    ],
    "security_vulnerability": [
        "CVE-2021-44228 found in log4j-core",
        "possible SQL injection in query()",
        "found 3 high severity vulnerabilities",
        "ssl.SSLCertVerificationError: certificate verify failed: unable to get issuer",
        "Hardcoded password found in settings.py",
    ],
    "dependency_issue": [
        "ModuleNotFoundError: No module named 'numpy'",
        "ImportError: cannot import name 'x' from 'y'",
        "Error: Cannot find module 'express'",
        "npm ERR! ERESOLVE unable to resolve dependency tree",
        "ERROR: No matching distribution found for foo==9",
        "error while loading shared libraries: libssl.so.1.1",
    ],
    "configuration_error": [
        "KeyError: environment variable DATABASE_URL is not set",
        "error: unrecognized arguments: --fast",
        "EACCES: permission denied, open '/etc/hosts'",
        'FATAL:  password authentication failed for user "app"',
        "mypy: invalid option 'strikt'",
        "HTTP 403 Forbidden",
    ],
    "integration_failure": [
        "Error: connect ECONNREFUSED 127.0.0.1:5432",
        "requests.exceptions.ConnectionError: Max retries exceeded with url: /",
        "502 Bad Gateway",
        "getaddrinfo ENOTFOUND api.example.org",
        "Read timed out. (read timeout=10)",
        "socket hang up",
    ],
    "data_inconsistency": [
        'duplicate key value violates unique constraint "users_pkey"',
        'insert or update on table "a" violates foreign key constraint "b"',
        "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0",
        "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        "checksum mismatch in page 12",
    ],
    "resource_exhaustion": [
        "MemoryError",
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "OSError: [Errno 28] No space left on device",
        "OSError: [Errno 24] Too many open files",
        "RecursionError: maximum recursion depth exceeded",
        "FATAL:  sorry, too many clients already",
        "429: rate limit reached",
    ],
    "unknown": ["", "something went wrong", "exit status 1"],
}


@pytest.mark.parametrize("kind", MESSAGES)
def test_an_error_is_of_the_kind_its_message_tells(connection: Connection, kind: str) -> None:
    classify = "SELECT openevolve.classify_error(%s)"
    told = {each: value(connection, classify, each) for each in MESSAGES[kind]}
    assert told == dict.fromkeys(MESSAGES[kind], kind)


def test_the_last_line_of_a_stack_tells_too(connection: Connection) -> None:
    stack = 'Traceback:\n  File "a.py", line 1, in SyntaxError\nMemoryError\n'
    told = value(connection, "SELECT openevolve.classify_error('it failed', %s)", stack)
    assert told == "resource_exhaustion"
