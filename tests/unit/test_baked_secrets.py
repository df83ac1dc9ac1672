"""Secrets in images: found by name and form, shown by their beginning only."""

import pytest

from pytest_cmdbguard.campaigns import baked_secrets
from pytest_cmdbguard.witnesses.layers import LayerFile, Layers

KEY = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHBlcmhhcHNub3RhcmVhbGtleWF0YWxs\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_PASSWORD", "winter"),
        ("PGPASSWORD", "winter"),
        ("api_key", "winter"),
        ("AWS_SECRET_ACCESS_KEY", "winter"),
        ("DATABASE_URL", "postgresql://cmdb:winter@db/cmdb"),
    ],
)
def test_a_secret_is_known_by_its_name_or_as_part_of_a_url(name, value):
    assert baked_secrets.secret(name, value) == "winter"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GPG_KEY", "7169605F62C751356D054A26A821E680E5FA6305"),
        ("PYTHON_SHA256", "9ebb"),
        ("SMTP_PASSWORD", ""),
        ("SMTP_PASSWORD", "${SMTP_PASSWORD:?}"),
        ("SMTP_PASSWORD", "/run/secrets/smtp"),
        ("SMTP_PASSWORD_FILE", "/run/secrets/smtp"),
        ("MYSQL_ALLOW_EMPTY_PASSWORD", "yes"),
        ("TOKEN_LIFETIME", "3600"),
        ("PUBLIC_KEY", "ssh-ed25519 AAAA"),
        ("REDIS_URL", "redis://cache:6379/0"),
        ("DATABASE_URL", "postgresql://cmdb:$PASSWORD@db/cmdb"),
    ],
)
def test_what_only_looks_like_a_secret_is_none(name, value):
    assert not baked_secrets.secret(name, value)


def test_the_history_tells_arguments_of_the_build_once():
    steps = [
        {"CreatedBy": "/bin/sh -c #(nop)  ENV SMTP_PASSWORD=winter"},
        {"CreatedBy": "|1 API_TOKEN=summer /bin/sh -c curl -H $API_TOKEN https://x"},
        {"CreatedBy": "RUN git clone https://bot:autumn@git/x # buildkit"},
    ]
    found = baked_secrets.in_history("image a", steps, frozenset({"SMTP_PASSWORD"}))
    assert [gap.proof for gap in found] == [
        "image a: step 2 of its history has API_TOKEN=su… (6 characters)",
        "image a: step 3 of its history has URL=au… (6 characters)",
    ]


def layers(path, content, **deleted):
    file = LayerFile(layer=2, made_by="COPY . .", path=path, content=content.encode())
    return Layers(count=3, files=(file,), paths=frozenset(), packages={}, deleted=deleted)


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        ("app/server.key", KEY, "a private key at byte 0"),
        ("app/account.json", KEY.replace("\n", "\\n"), "a private key"),
        ("app/config.py", "KEY = 'AKIAIOSFODNN7EXAMPLE'", "an access key of AWS"),
        ("app/.env", "LEVEL=info\nAPI_TOKEN='summer'\n", "API_TOKEN=su… (6 characters)"),
        ("root/.netrc", "machine git login bot password autumn", "a password, au…"),
        ("root/.git-credentials", "https://bot:autumn@git", "a password, au…"),
        ("root/.pgpass", "db:5432:*:cmdb:autumn", "a password, au…"),
        ("root/.docker/config.json", '{"auths": {"r": {"auth": "Ym90OmE="}}}', "a password, Ym…"),
    ],
)
def test_a_credential_in_a_layer_is_told_with_its_place(path, content, says):
    (gap,) = baked_secrets.in_layers("image a", layers(path, content))
    assert f"image a: layer 2 of 3 has /{path} with {says}" in gap.proof
    assert "autumn" not in gap.proof


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("app/.env", "LEVEL=info\nAPI_TOKEN=${API_TOKEN}\n"),
        ("app/.env.example", "API_TOKEN=<yours>\n"),
        ("app/key.pem", KEY.replace("PRIVATE", "PUBLIC")),
        ("app/key.pem", KEY.replace("PRIVATE", "ENCRYPTED PRIVATE")),
        ("app/README", "it begins with -----BEGIN PRIVATE KEY-----"),
        ("app/settings.py", "PASSWORD = os.environ['PASSWORD']"),
    ],
)
def test_a_file_without_a_credential_is_left_alone(path, content):
    assert not list(baked_secrets.in_layers("image a", layers(path, content)))


def test_what_a_later_layer_deleted_is_still_there():
    found = layers("app/server.key", KEY, **{"app/server.key": 3})
    (gap,) = baked_secrets.in_layers("image a", found)
    assert "which layer 3 deletes and everybody can read who has the image" in gap.proof
