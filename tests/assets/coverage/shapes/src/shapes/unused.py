def idle() -> int:
    return 1
