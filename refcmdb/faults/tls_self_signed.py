"""The balancer shows a certificate that signed itself instead of the one that was issued."""

from __future__ import annotations

import dataclasses
import datetime as dt
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from refcmdb.infrastructure import balancer

KIND = "fault"
CHECK = "CG-TLS-003"
OPERATION = ""


def plant() -> None:
    """Another pair of files."""
    sound = balancer.serve

    def serve(front: balancer.Front) -> int:
        certificate, key = front.key.with_name("own.pem"), front.key.with_name("own.key")
        private = ec.generate_private_key(ec.SECP256R1())
        certificate.write_bytes(signed_by_itself(private))
        key.write_bytes(
            private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return sound(dataclasses.replace(front, certificate=certificate, key=key))

    balancer.serve = serve


def signed_by_itself(private: ec.EllipticCurvePrivateKey) -> bytes:
    """For the right address, valid for a year."""
    now, name = dt.datetime.now(dt.UTC), x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([name]))
        .issuer_name(x509.Name([name]))
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
    )
    return builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
