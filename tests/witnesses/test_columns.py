import psycopg
import pytest

from pytest_cmdbguard.witnesses.columns import ColumnWitness

SCHEMA = """
create table app_users (
  id bigint primary key, name text, password_hash text, password_changed_at timestamptz,
  role text check (role in ('viewer', 'admin')), shown text generated always as (name) stored
);
create table files (id bigint primary key, sha256 text);
create table api_tokens (id bigint primary key, sha256 bytea);
insert into app_users values
  (1, 'ann', 'argon2-aaaaaaaaaaaaaaaa', now(), 'viewer'), (2, 'bob', 'short', now(), 'admin');
insert into files values (1, repeat('ab', 32));
insert into api_tokens values (1, decode(repeat('fb', 48), 'hex'));
"""


@pytest.fixture(scope="module")
def columns(admin_url):
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(SCHEMA)
    witness = ColumnWitness(admin_url)
    yield witness
    witness.close()


def test_the_columns_of_a_table_are_told_with_their_types(columns):
    found = {column.name: column for column in columns.of("app_users")}
    assert found["id"].type == "bigint"
    assert found["shown"].generated
    assert not found["name"].generated


def test_another_value_keeps_the_rules_of_its_column(columns):
    (role,) = [column for column in columns.of("app_users") if column.name == "role"]
    assert columns.another(role, "viewer") == "admin"
    (password,) = [c for c in columns.of("app_users") if c.name == "password_hash"]
    assert columns.another(password, "argon2-aaaaaaaaaaaaaaaa") == "short"
    (digest,) = columns.of("files")[1:]
    assert columns.another(digest, "ab" * 32) is None


def test_secrets_are_found_in_every_spelling_and_what_is_public_is_not(columns):
    found = {text: str(column) for text, column in columns.secrets().items()}
    assert found["argon2-aaaaaaaaaaaaaaaa"] == "app_users.password_hash"
    assert found["fb" * 48] == "api_tokens.sha256"
    assert set(found.values()) == {"app_users.password_hash", "api_tokens.sha256"}
    base64 = [text for text in found if text.startswith(("+/v7", "-_v7"))]
    assert len(base64) == 2
    assert all("\n" not in text for text in base64)
    assert "short" not in found
