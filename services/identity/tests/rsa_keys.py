"""RSA keys for tests, made at once: a search for primes takes 30 to 200 ms."""

from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import RSAKey

_BITS, _EXPONENT = 2048, 65_537
generate_real_key = RSAKey.generate_key


def generate_key(size=_BITS, parameters=None, **options):
    """Do as ``RSAKey.generate_key``, but find few primes: every two of them make a key.

    No key comes twice, none verifies what another signed, and a library that checks one finds it right.
    """
    if size != _BITS or options:
        return generate_real_key(size, parameters, **options)
    p, q = next(_pairs)
    secret = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    crt = rsa.rsa_crt_dmp1(secret, p), rsa.rsa_crt_dmq1(secret, q), rsa.rsa_crt_iqmp(p, q)
    numbers = rsa.RSAPrivateNumbers(p, q, secret, *crt, rsa.RSAPublicNumbers(_EXPONENT, p * q))
    private = numbers.private_key(unsafe_skip_rsa_key_validation=True)
    return RSAKey(private, private, parameters)


def _pair_primes():
    """Yield every pair of the primes found so far, and find two more when there is no new pair."""
    primes = []
    while True:
        key = rsa.generate_private_key(public_exponent=_EXPONENT, key_size=_BITS).private_numbers()
        for prime in (key.p, key.q):
            yield from ((other, prime) for other in primes)
            primes.append(prime)


_pairs = _pair_primes()
