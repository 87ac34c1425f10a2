"""The file of the signing key: only its owner reads it, only P-256 is in it, and it is generated once. No database."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from app.secret_files import SecretFileError
from app.settings import Settings
from app.signing_keys import public_jwk
from app.tokens import KeyRing
from tests.test_tokens import AUDIENCE, ISSUER, KID, PEM, PRIVATE, RSA_KEY, SESSION, STRANGER, USER, good, refused


def private_pem(key: Any, form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8) -> bytes:
    """Not encrypted."""
    pem: bytes = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return pem


def key_file(folder: Path, content: bytes, mode: int = 0o600) -> Settings:
    """Settings with a signing key file of this content."""
    file = folder / "khóa ký.pem"
    file.write_bytes(content)
    file.chmod(mode)
    return Settings(signing_key_file=file, environment="production", token_issuer=ISSUER, token_audience=AUDIENCE)


class TestKeyFile:
    """The signing key comes from a file that only its owner can read."""

    @pytest.mark.parametrize(
        "form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL]
    )
    def test_is_loaded(self, tmp_path: Path, form: serialization.PrivateFormat) -> None:
        pem = private_pem(PRIVATE, form)
        assert KeyRing.load(key_file(tmp_path, pem)).verify(good()).user_id == USER

    def test_may_begin_with_the_parameters_that_openssl_writes(self, tmp_path: Path) -> None:
        head = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        pem = head + private_pem(PRIVATE, serialization.PrivateFormat.TraditionalOpenSSL)
        assert KeyRing.load(key_file(tmp_path, pem)).verify(good()).user_id == USER

    def test_may_hold_more_keys_that_only_verify(self, tmp_path: Path) -> None:
        keys = KeyRing.load(key_file(tmp_path, private_pem(STRANGER) + PEM))
        assert [key["kid"] for key in keys.jwks()["keys"]] == [public_jwk(STRANGER.public_key()).kid, KID]
        assert keys.verify(good()).user_id == USER
        refused(keys.sign(USER, SESSION)[0])

    def test_publishes_nothing_private(self, tmp_path: Path) -> None:
        keys = KeyRing.load(key_file(tmp_path, private_pem(STRANGER) + private_pem(PRIVATE)))
        assert all("d" not in key for key in keys.jwks()["keys"])
        assert len(keys.jwks()["keys"]) == 2

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o601, 0o777])
    def test_that_others_can_touch_is_refused(self, tmp_path: Path, mode: int) -> None:
        with pytest.raises(SecretFileError, match="chmod 600"):
            KeyRing.load(key_file(tmp_path, private_pem(PRIVATE), mode))

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            pytest.param(private_pem(ec.generate_private_key(ec.SECP384R1())), "P-256", id="P-384"),
            pytest.param(private_pem(ec.generate_private_key(ec.SECP256K1())), "P-256", id="secp256k1"),
            pytest.param(private_pem(RSA_KEY), "P-256", id="RSA"),
            pytest.param(private_pem(ed25519.Ed25519PrivateKey.generate()), "P-256", id="Ed25519"),
            pytest.param(private_pem(PRIVATE) + private_pem(RSA_KEY), "P-256", id="second key RSA"),
            pytest.param(PEM, "khóa riêng", id="public only"),
            pytest.param(PEM + private_pem(PRIVATE), "khóa riêng", id="public first"),
            pytest.param(b"", "không có khóa PEM", id="empty"),
            pytest.param(b"secret", "không có khóa PEM", id="no PEM"),
            pytest.param(private_pem(PRIVATE)[:100], "không có khóa PEM", id="cut off"),
            pytest.param(private_pem(PRIVATE).replace(b"M", b"N", 1), "không đọc được", id="damaged"),
            pytest.param(
                PRIVATE.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.TraditionalOpenSSL,
                    serialization.BestAvailableEncryption(b"secret"),
                ),
                "mật khẩu",
                id="with password",
            ),
        ],
    )
    def test_with_another_content_is_refused(self, tmp_path: Path, content: bytes, reason: str) -> None:
        with pytest.raises(SecretFileError, match=reason):
            KeyRing.load(key_file(tmp_path, content))

    def test_that_is_missing_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SecretFileError, match="Không đọc được"):
            KeyRing.load(Settings(signing_key_file=tmp_path / "none.pem"))
        with pytest.raises(SecretFileError, match="Không đọc được"):
            KeyRing.load(Settings(signing_key_file=tmp_path))

    def test_must_be_given_in_production(self, tmp_path: Path) -> None:
        configuration = Settings(environment="production", signing_key_file=None, data_dir=tmp_path)
        with pytest.raises(SecretFileError, match="SIGNING_KEY_FILE"):
            KeyRing.load(configuration)
        assert not list(tmp_path.iterdir())


class TestGeneratedKey:
    """In development the key is made once and kept."""

    def test_is_made_once_and_readable_by_its_owner_only(self, tmp_path: Path) -> None:
        configuration = Settings(signing_key_file=None, data_dir=tmp_path / "dữ liệu" / "mới")
        first = KeyRing.load(configuration)
        assert KeyRing.load(configuration).verify(first.sign(USER, SESSION)[0]).user_id == USER
        [file] = configuration.data_dir.iterdir()
        assert (file.name, file.stat().st_mode & 0o777) == ("signing-key.pem", 0o600)

    def test_is_the_same_for_processes_that_start_together(self, tmp_path: Path) -> None:
        program = (
            "import sys, pathlib; from app.settings import Settings; from app.tokens import KeyRing;"
            "print(flush=True); sys.stdin.read();"
            f"print(KeyRing.load(Settings(signing_key_file=None, data_dir=pathlib.Path({str(tmp_path)!r}))).jwks())"
        )
        workers = [
            subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(4)
        ]
        for worker in workers:
            assert worker.stdout is not None and worker.stdout.readline() == "\n"  # everything is imported
        answers = {worker.communicate("")[0] for worker in workers}
        assert len(answers) == 1 and "kid" in answers.pop()
        assert [file.name for file in tmp_path.iterdir()] == ["signing-key.pem"]

    def test_is_kept_by_a_process_that_saw_none_before(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        configuration = Settings(signing_key_file=None, data_dir=tmp_path)
        first = KeyRing.load(configuration)
        monkeypatch.setattr(Path, "exists", lambda _: False)
        assert KeyRing.load(configuration).jwks() == first.jwks()
        assert [file.name for file in tmp_path.iterdir()] == ["signing-key.pem"]

    def test_that_cannot_be_written_stops_the_start(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("a file, not a folder")
        with pytest.raises(SecretFileError, match="Không tạo được"):
            KeyRing.load(Settings(signing_key_file=None, data_dir=tmp_path / "data"))
