"""What a server outside development does not start with: weak secrets, default names, addresses without TLS.

Refusing at the start is the only moment at which somebody who can change it is looking.
"""

import ipaddress
import re
from urllib.parse import parse_qs, unquote, urlsplit

from app.settings import Settings

SHORTEST_PASSWORD = 16
_FEWEST_DIFFERENT = 8
# parts of passwords that stand in examples and in lists of guesses
_GUESSED = ("password", "passw0rd", "postgres", "changeme", "secret", "matkhau", "mat_khau", "123456", "qwerty", "tdkt")
_ORIGIN = re.compile(r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")


class WeakSettings(RuntimeError):
    """The server does not start with these settings; the text says, in Vietnamese, what to do."""


def refuse_weak(settings: Settings) -> None:
    """WeakSettings with all that is wrong, where ENVIRONMENT is production."""
    problems = weaknesses(settings) if settings.environment == "production" else []
    if problems:
        raise WeakSettings("\n".join(problems))


def weaknesses(settings: Settings) -> list[str]:
    """One Vietnamese sentence for each setting that production refuses, with what to do about it."""
    return [
        *_issuer(settings.token_issuer),
        *_public_url(settings.public_url),
        *(problem for origin in settings.cors_origins for problem in _origin(origin)),
        *_database(settings.database_url),
    ]


def _issuer(issuer: str) -> list[str]:
    if issuer == Settings.model_fields["token_issuer"].default:
        told = f"TOKEN_ISSUER đang là giá trị mặc định {issuer}, nên mã truy cập của nơi khác cũng mang tên này."
        return [f"{told} Hãy đặt địa chỉ https riêng của hệ thống."]
    if not issuer.startswith("https://"):
        return ["TOKEN_ISSUER phải là một địa chỉ bắt đầu bằng https://. Hãy đặt địa chỉ riêng của hệ thống."]
    return []


def _public_url(url: str | None) -> list[str]:
    if url is None:
        return ["Thiếu PUBLIC_URL. Hãy đặt địa chỉ https mà người dùng gọi tới, ví dụ https://api.example.vn."]
    if not _ORIGIN.fullmatch(url):
        wanted = "Hãy đặt địa chỉ dạng https://tên-miền, không có đường dẫn, không có dấu / ở cuối."
        return [f"PUBLIC_URL={url} không dùng được. {wanted}"]
    return []


def _origin(origin: str) -> list[str]:
    if _ORIGIN.fullmatch(origin):
        return []
    wanted = "Hãy ghi từng cổng thông tin dạng https://tên-miền, không có đường dẫn"
    return [f"CORS_ORIGINS có {origin}. {wanted}; không dùng *, null, http hay localhost."]


def _database(dsn: str | None) -> list[str]:
    """A socket is open to whom the file system lets in; everything else takes a password, another host TLS as well."""
    if dsn is None:
        return ["ENVIRONMENT=production cần DATABASE_URL: PostgreSQL nhúng chỉ dành cho phát triển."]
    parts, query = urlsplit(dsn), parse_qs(urlsplit(dsn).query)
    host = query["host"][0] if "host" in query else unquote(parts.hostname or "")
    if not host:
        # the driver would take what the environment names, over the network as well
        return ["DATABASE_URL không ghi máy chủ. Hãy ghi rõ tên máy chủ, hoặc thư mục socket bằng ?host=/thư-mục."]
    if host.startswith("/"):
        return []
    problems = []
    password = unquote(parts.password or "")
    if not _is_strong(password, parts.username or "", parts.path.lstrip("/")):
        problems.append(
            f"DATABASE_URL không có mật khẩu hoặc mật khẩu dễ đoán. Hãy đặt cho người dùng cơ sở dữ liệu một mật khẩu "
            f"ngẫu nhiên từ {SHORTEST_PASSWORD} ký tự, ví dụ tạo bằng: openssl rand -base64 24"
        )
    if not _is_this_machine(host) and query.get("sslmode") != ["verify-full"]:
        problems.append(
            f"DATABASE_URL đi qua mạng đến {host} mà không kiểm tra chứng chỉ. Hãy thêm vào cuối "
            "?sslmode=verify-full&sslrootcert=/đường-dẫn/ca.pem (chứng chỉ gốc của máy chủ PostgreSQL)."
        )
    return problems


def _is_strong(password: str, *names: str) -> bool:
    lower = password.lower()
    return (
        len(password) >= SHORTEST_PASSWORD
        and len(set(password)) >= _FEWEST_DIFFERENT
        and not any(part in lower for part in (*_GUESSED, *(name.lower() for name in names if name)))
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
