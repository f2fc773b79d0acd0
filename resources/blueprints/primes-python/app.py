def count_primes(below):
    sieve = bytearray([1]) * max(below, 2)
    sieve[0:2] = b"\0\0"
    for n in range(2, int(below ** 0.5) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, below, n)))
    return sum(sieve)


def handler(event, context):
    below = int(event.get("below", 20_000))
    if not 2 <= below <= 20_000_000:
        raise ValueError("below must be between 2 and 20,000,000")
    return {"below": below, "primes": count_primes(below)}
