"""`python -m tests.examples`: take the examples of the contract from a real run and write `app/data/examples.json`.

The application runs over a database of its own on the server of DATABASE_URL. The story of `make demo` is told, and
further calls are made for what the story does not need. What comes back is kept as it came, except that nothing may
depend on the day or the machine: see `tests/examples_tidy.py`.
"""

import asyncio
import json
import logging
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import asyncpg
import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI

from app import clock, ids
from app.db import Database, transaction
from app.demo.accounts import story_accounts
from app.demo.story import CB, HOI, KIEM_TRA, LD, SO, TRUONG, tell
from app.demo.storyteller import Answer, Storyteller
from app.loading import load_reference
from app.main import create_app
from app.models.users import NO_PASSWORD, RoleGrant, UserAccount, UserSession
from app.settings import Settings
from app.vocabularies import Reach, Role
from tests.accounts import code_of
from tests.conftest import migrate, own_database
from tests.examples_tidy import DAY, Recorder, dotted

FILE = Path(__file__).resolve().parent.parent / "app/data/examples.json"
_SOURCE = (
    "Yêu cầu và câu trả lời thật của chính hệ thống, ghi lại bằng `python -m tests.examples` khi chạy câu chuyện "
    "trình diễn. Người và đề nghị trong câu chuyện là giả định; phong trào, văn bản, đơn vị và số liệu tham chiếu "
    "lấy từ các tệp khác của thư mục này. Định danh, thời điểm, mã xác minh, mật khẩu, mã truy cập và số văn bản "
    "của câu chuyện đã thay bằng giá trị mẫu; danh sách dài được cắt bớt nên có thể ngắn hơn con số tổng bên cạnh."
)
_URL = "https://tdkt.local"
QT = "quản trị phường Uông Bí"


async def capture(server_dsn: str) -> dict[str, Any]:
    """The content of the file, from a run on this server: the same every time."""
    with _steady_ids(), tempfile.TemporaryDirectory() as folder:
        async with _serving(server_dsn, Path(folder)) as (app, client, recorder):
            async with story_accounts(app.state.database) as accounts:
                story = Storyteller(client, lambda _: None)
                await tell(story, accounts)
                usernames = {username: dotted(story.names[who]) for who, (username, _) in accounts.items()}
                await _Calls(app, story, recorder, accounts).make()
            return {"source": _SOURCE, "as_of": DAY.isoformat()} | recorder.content(usernames)


@contextmanager
def _steady_ids() -> Iterator[None]:
    """Ids that follow each other, so that rows made at the same moment come in the same order."""
    numbers = iter(range(1, 1 << 40))
    with (
        patch.object(ids, "time", SimpleNamespace(time_ns=lambda: 10**18)),
        patch.object(ids, "os", SimpleNamespace(urandom=lambda count: next(numbers).to_bytes(count))),
    ):
        yield


@contextmanager
def _steady_clock(recorder: Recorder) -> Iterator[None]:
    """The same day in every run; within one request one moment, by the clock of the database."""
    today, now = clock.today, clock.now
    with ExitStack() as stack:
        for module in [module for name, module in sys.modules.items() if name.startswith("app.")]:
            if getattr(module, "today", None) is today:
                stack.enter_context(patch.object(module, "today", lambda: DAY))
            if getattr(module, "now", None) is now:
                stack.enter_context(patch.object(module, "now", recorder.now))
        yield


@asynccontextmanager
async def _serving(server_dsn: str, folder: Path) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient, Recorder]]:
    """The application over a fresh database, a client of it, and what records its exchanges."""
    # the private key 1: its public half is the base point of the curve, so nobody can take it for a secret
    private = ec.derive_private_key(1, ec.SECP256R1())
    key = folder / "key.pem"
    key.touch(mode=0o600)
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    async with own_database(server_dsn, f"tdkt_examples_{uuid.uuid4().hex[:12]}") as dsn:
        await migrate(dsn)
        settings = Settings(database_url=dsn, signing_key_file=key, public_url=_URL)
        async with Database.open(settings) as database:
            await load_reference(database)
            app = create_app(settings)
            app.state.database = database
            recorder = Recorder(app.openapi(), database.reads)
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(app, raise_app_exceptions=False),
                base_url=_URL,
                event_hooks={"request": [recorder.begin], "response": [recorder.end]},
                timeout=60,
            )
            with _steady_clock(recorder):
                async with client:
                    yield app, client, recorder


@dataclass
class _Calls:
    """What the story does not do. `show…` makes an example of the answer, `story.…` only prepares one."""

    app: FastAPI
    story: Storyteller
    recorder: Recorder
    accounts: dict[str, tuple[str, str]]

    async def make(self) -> None:
        """Everything, in an order in which each step finds what it needs."""
        ward = await self._reference()
        await self._campaigns(ward)
        await self._nominations()
        await self._register(ward)
        await self._administration(ward)
        await self._log()
        await self._open_to_all()
        await self._session()
        await self._own_account()
        await self._refusals()

    async def show(self, who: str | None, path: str, **parameters: str) -> Answer:
        """GET, as the example."""
        answer = await self.story.get(who, path, path, **parameters)
        self.recorder.pick()
        return answer

    async def show_post(self, who: str, path: str, body: Answer, of: Answer | None = None) -> Answer:
        """POST, as the example."""
        answer = await self.story.post(who, path, body, path, of=of)
        self.recorder.pick()
        return answer

    async def show_patch(self, who: str, path: str, body: Answer, of: Answer) -> Answer:
        """PATCH, as the example."""
        answer = await self.story.patch(who, path, body, path, of=of)
        self.recorder.pick()
        return answer

    async def _first(self, who: str, path: str, **parameters: str) -> Answer:
        items: list[Answer] = (await self.story.get(who, path, path, **parameters))["items"]
        return items[0]

    async def _reference(self) -> Answer:
        """Vocabularies, units, kinds of awards, bodies; returns the ward's people's committee."""
        await self.show(None, "/v1/vocabularies")
        await self.show(CB, "/v1/administrative-units", tier="commune", province_code="22", limit="2")
        unit = (
            f"/v1/administrative-units/{(await self._first(CB, '/v1/administrative-units', q='phuong uong bi'))['id']}"
        )
        await self.show(CB, unit)
        await self.show(CB, f"{unit}/lineage")
        await self.show(CB, "/v1/award-types", q="giay khen", limit="2")
        await self.show(CB, "/v1/award-types/bk_chu_tich_ubnd_tinh")
        await self.show(CB, "/v1/authorities", q="uong bi", limit="2")
        ward = await self._first(CB, "/v1/authorities", q="uy ban nhan dan phuong uong bi")
        await self.show(CB, f"/v1/authorities/{ward['id']}")
        await self.show(CB, f"/v1/authorities/{ward['id']}/lineage")
        await self.show(CB, f"/v1/authorities/{ward['id']}/children", limit="2")
        return ward

    async def _campaigns(self, ward: Answer) -> None:
        plan = await self._first(CB, "/v1/legal-documents", number_symbol="53/KH-UBND", issuer_id=ward["id"])
        await self.show(CB, "/v1/legal-documents", limit="2")
        await self.show(CB, f"/v1/legal-documents/{plan['id']}")
        await self.show(CB, f"/v1/legal-documents/{plan['id']}/citations")
        real = await self._first(CB, "/v1/campaigns", q="doi moi sang tao chuyen doi so", launcher_id=ward["id"])
        await self.show(CB, f"/v1/campaigns/{real['id']}")
        listed = await self.show(CB, "/v1/campaigns", limit="2")
        of_story = next(item for item in listed["items"] if item["launcher"]["id"] == ward["id"])
        deployments = await self.show(CB, f"/v1/campaigns/{of_story['id']}/deployments", limit="2")
        await self.show(CB, f"/v1/deployments/{deployments['items'][0]['id']}")
        await self.show(CB, f"/v1/campaigns/{of_story['id']}/cascade")
        mine = (await self.story.get(TRUONG, "/v1/me", "me"))["grants"][0]["authority"]["id"]
        page = await self.story.get(TRUONG, f"/v1/campaigns/{of_story['id']}/deployments", "deployments")
        school = next(item for item in page["items"] if item["authority"]["id"] == mine)
        result = "Thư viện số đã mở cho 28 lớp; 100% giáo viên dùng học liệu số, 412 học sinh mượn sách điện tử."
        await self.show_post(TRUONG, f"/v1/deployments/{school['id']}/report", {"result": result}, school)
        await self._from_draft_to_end(ward, plan)

    async def _from_draft_to_end(self, ward: Answer, plan: Answer) -> None:
        """A campaign of the ward alone: changed, launched, concluded; another one cancelled."""
        document = await self.show_post(
            CB,
            "/v1/legal-documents",
            {
                "issuer_id": ward["id"],
                "number_symbol": "72/KH-UBND",
                "type": "plan",
                "issued_on": {"value": DAY.isoformat(), "precision": "day"},
                "title": "Phát động đợt thi đua “Mỗi khu phố một tuyến đường xanh” chào mừng năm mới 2027",
                "signer": self.story.names[LD],
                "signer_position": "Chủ tịch",
                "place": "Uông Bí",
                "recipients": [
                    {"name": "UBND tỉnh Quảng Ninh", "purpose": "report"},
                    {"name": "Các khu phố trên địa bàn phường", "purpose": "implement"},
                ],
                "validity": "in_force",
                "effective_on": DAY.isoformat(),
                "citations": [{"document_id": plan["id"], "relation": "refers", "section": "Căn cứ"}],
            },
        )
        draft = {
            "authority_id": ward["id"],
            "title": "Mỗi khu phố một tuyến đường xanh",
            "method": "thematic",
            "scope": "sector_local",
        }
        found = await self.story.post(CB, "/v1/campaigns", draft | {"launch_document_id": document["id"]}, "soạn")
        path = f"/v1/campaigns/{found['id']}"
        change = {
            "theme": "Xanh, sạch, đẹp từ mỗi khu phố",
            "starts": {"value": DAY.isoformat(), "precision": "day"},
            "ends": {"value": "2026-12", "precision": "month"},
        }
        found = await self.show_patch(CB, path, change, found)
        found = await self.show_post(LD, f"{path}/launch", {"launched_on": DAY.isoformat()}, found)
        reason = "Các khu phố đăng ký đã hoàn thành tuyến đường xanh trước thời hạn."
        await self.show_post(LD, f"{path}/conclude", {"reason": reason}, found)
        other = await self.story.post(CB, "/v1/campaigns", draft | {"title": "Tuyến đường hoa khu phố"}, "soạn")
        reason = "Trùng nội dung với phong trào “Mỗi khu phố một tuyến đường xanh”."
        await self.show_post(CB, f"/v1/campaigns/{other['id']}/cancel", {"reason": reason}, other)

    async def _nominations(self) -> None:
        """A dossier of the women's union: one nomination withdrawn, one returned, one rejected."""
        union = (await self.story.get(HOI, "/v1/me", "me"))["grants"][0]["authority"]["id"]
        dossier = await self.story.post(
            HOI,
            "/v1/dossiers",
            {
                "authority_id": union,
                "category": "merit",
                "year": DAY.year,
                "title": "Đề nghị khen thưởng công tác Hội năm 2026",
                "submission_number": "14/TTr-HPN",
                "submission_date": DAY.isoformat(),
            },
            "lập hồ sơ",
        )
        path = f"/v1/dossiers/{dossier['id']}"
        title = "Đề nghị khen thưởng công tác Hội và phong trào phụ nữ năm 2026"
        dossier = await self.show_patch(HOI, path, {"title": title, "submission_number": "15/TTr-HPN"}, dossier)
        made = [
            await self._nominate(union, dossier, kind, name, achievement)
            for kind, name, achievement in (
                ("collective", "Chi hội Phụ nữ khu Lạc Thanh", "Duy trì 6 mô hình tiết kiệm giúp phụ nữ khó khăn"),
                ("individual", "Hoàng Thị Mai Phương", "Vận động 45 hội viên tham gia tổ công nghệ số cộng đồng"),
                ("household", "Gia đình bà Lưu Thị Thơm", "Hiến 60 m² đất mở rộng đường khu"),
            )
        ]
        dossier = await self.story.get(HOI, path, "đọc hồ sơ")
        dossier = await self.show_post(HOI, f"{path}/submit", {}, dossier)
        collective, individual, household = [
            await self.story.get(CB, f"/v1/nominations/{nomination['id']}", "mở đề nghị") for nomination in made
        ]
        reason = "Chi hội xin rút để bổ sung thành tích quý IV."
        await self.show_post(HOI, f"/v1/nominations/{collective['id']}/withdraw", {"reason": reason}, collective)
        path = f"/v1/nominations/{individual['id']}"
        found = await self.show_post(CB, f"{path}/receive", {"note": "Hồ sơ đủ thành phần, nhận bản giấy."}, individual)
        found = await self.story.post(
            CB, f"{path}/return", {"reason": "Thiếu xác nhận của chi hội"}, "trả lại", of=found
        )
        await self.show_post(HOI, f"{path}/submit", {"note": "Đã bổ sung xác nhận của chi hội."}, found)
        path = f"/v1/nominations/{household['id']}"
        found = await self.story.post(CB, f"{path}/receive", {}, "tiếp nhận", of=household)
        opinion = {"opinion": "ineligible", "note": "Việc hiến đất đã được tặng Giấy khen năm 2025."}
        found = await self.show_post(CB, f"{path}/appraise", opinion, found)
        reason = "Thành tích đã được khen thưởng, không khen lần hai."
        await self.show_post(LD, f"{path}/reject", {"reason": reason}, found)
        await self.show(CB, "/v1/dossiers", limit="2")
        await self.show(HOI, f"/v1/dossiers/{dossier['id']}")
        await self.show(HOI, "/v1/candidates", limit="2")
        await self.show(CB, "/v1/nominations", limit="2")

    async def _nominate(self, union: str, dossier: Answer, kind: str, name: str, achievement: str) -> Answer:
        body = {"kind": kind, "name": name, "authority_id": union}
        candidate = await self.story.post(HOI, "/v1/candidates", body, "thêm đối tượng")
        body = {"dossier_id": dossier["id"], "candidate_id": candidate["id"], "achievement": achievement}
        award = {"award_type_code": "gk_chu_tich_ubnd_xa"}
        return await self.story.post(HOI, "/v1/nominations", body | award, "đề nghị")

    async def _register(self, ward: Answer) -> None:
        """What the story led to, and the figures of the real report 68/BC-UBND."""
        award = await self._first(TRUONG, "/v1/awards", q="dinh cong minh")
        award = await self.show(TRUONG, f"/v1/awards/{award['id']}")
        await self.show(TRUONG, f"/v1/nominations/{award['nomination_id']}")
        await self.show(TRUONG, f"/v1/candidates/{award['candidate_id']}")
        await self.show(SO, "/v1/awards", limit="2")
        decisions = await self.show(SO, "/v1/decisions", limit="2")
        await self.show(SO, f"/v1/decisions/{decisions['items'][0]['id']}")
        figures = "/v1/statistics/historical-figures"
        await self.show(CB, figures, authority_id=ward["id"], kind="award", limit="2")
        figure = await self._first(CB, figures, authority_id=ward["id"], kind="award", q="bang khen cua tinh")
        await self.show(CB, f"{figures}/{figure['id']}")

    async def _administration(self, ward: Answer) -> None:
        """Accounts, invitations, grants and signers of the ward, by somebody who only administers."""
        await self._administrator(ward)
        user = {"username": "khuc.thuy.linh", "display_name": "Khúc Thùy Linh", "authority_id": ward["id"]}
        found = await self.show_post(QT, "/v1/users", user)
        path, reason = f"/v1/users/{found['id']}", {"reason": "Người dùng quên mật khẩu, đã gặp trực tiếp."}
        invited = await self.show_post(QT, f"{path}/invite", reason, found)
        acceptance = {"token": invited["invitation"]["token"], "password": "Sáng ra sông Uông mùa nước cạn"}
        await self.story.client.post("/v1/auth/accept-invitation", json=acceptance)
        self.recorder.pick()
        with patch.object(logging.getLogger("tdkt"), "disabled", True):
            await self.story.client.post("/v1/auth/accept-invitation", json=acceptance)
        found = await self.show(QT, path)
        found = await self.show_patch(QT, path, {"display_name": "Khúc Thị Thùy Linh"}, found)
        found = await self.show_post(QT, f"{path}/disable", {"reason": "Nghỉ thai sản từ 20/11/2026."}, found)
        await self.show_post(QT, f"{path}/enable", {"reason": "Đi làm trở lại."}, found)
        role = {"role": "officer", "authority_id": ward["id"], "reach": "territory", "valid_to": "2027-12-31"}
        given = await self.show_post(QT, f"{path}/grants", role)
        await self.show(QT, f"/v1/grants/{given['id']}")
        for verb, body in (
            ("suspend", {"reason": "Tạm chuyển sang việc khác."}),
            ("resume", {"reason": "Trở lại nhiệm vụ."}),
            ("end", {"reason": "Chuyển công tác.", "valid_to": "2026-12-31"}),
        ):
            given = await self.show_post(QT, f"/v1/grants/{given['id']}/{verb}", body, given)
        await self.show(QT, f"{path}/grants", limit="2")
        await self.show(QT, f"{path}/permissions", authority_id=ward["id"])
        await self.show(QT, "/v1/me/permissions", authority_id=ward["id"])
        await self.show(QT, "/v1/users", q="thuy linh")
        signing = {"authority_id": ward["id"], "form": "for_head", "position": "Phó Chủ tịch"}
        signer = await self.show_post(QT, "/v1/signers", signing | {"user_id": found["id"]})
        await self.show(QT, f"/v1/signers/{signer['id']}")
        await self.show(QT, "/v1/signers", authority_id=ward["id"], on=DAY.isoformat())
        for verb, body in (
            ("suspend", {"reason": "Đi công tác nước ngoài."}),
            ("resume", {"reason": "Đã về nước."}),
            ("end", {"reason": "Thôi giữ chức Phó Chủ tịch.", "valid_to": "2026-12-31"}),
        ):
            signer = await self.show_post(QT, f"/v1/signers/{signer['id']}/{verb}", body, signer)

    async def _administrator(self, ward: Answer) -> None:
        """The story needs none, so this one comes by the back door."""
        body = uuid.UUID(ward["id"])
        async with transaction(self.app.state.database) as db:
            user = UserAccount(username="luong.bao.tram", display_name="Lương Thị Bảo Trâm", password_hash=NO_PASSWORD)
            user.authority_id = body
            db.add(user)
            await db.flush()
            db.add(
                RoleGrant(
                    user_id=user.id,
                    role=Role.AUTHORITY_ADMIN,
                    authority_id=body,
                    reach=Reach.TERRITORY,
                    valid_from=DAY,
                )
            )
            session = UserSession(
                user_id=user.id, expires_at=clock.now() + timedelta(hours=1), confirmed_at=clock.now()
            )
            db.add(session)
        self.story.tokens[QT], _ = self.app.state.keys.sign(user.id, session.id)
        self.story.names[QT] = user.display_name

    async def _log(self) -> None:
        """Who did what."""
        listed = await self.show(KIEM_TRA, "/v1/audit-events", action="receive", limit="2")
        await self.show(KIEM_TRA, f"/v1/audit-events/{listed['items'][0]['number']}")

    async def _open_to_all(self) -> None:
        await self.show(None, "/v1/public/campaigns", q="truong hoc so", limit="1")
        for path in ("/.well-known/jwks.json", "/healthz", "/readyz", "/problems", "/problems/transition_refused"):
            await self.show(None, path)

    async def _session(self) -> None:
        await self.show(CB, "/v1/me")
        client = self.story.client
        username, password = self.accounts[CB]
        tokens = await client.post("/v1/auth/login", json={"username": username, "password": password})
        self.recorder.pick()
        await client.post("/v1/auth/refresh", json={"refresh_token": tokens.json()["refresh_token"]})
        self.recorder.pick()

    async def _own_account(self) -> None:
        """Somebody whom nothing else needs any more: these calls end her other sessions."""
        client = self.story.client
        username, password = self.accounts[HOI]
        tokens = (await client.post("/v1/auth/login", json={"username": username, "password": password})).json()
        me = {"Authorization": f"Bearer {tokens['access_token']}"}

        async def call(path: str, body: Answer | None = None) -> Answer:
            answer = await client.post(path, json=body, headers=me)
            assert answer.is_success, answer.text
            found: Answer = answer.json() if answer.content else {}
            return found

        await client.get("/v1/sessions", params={"limit": "2"}, headers=me)
        await call("/v1/auth/confirm", {"password": password})
        begun = await call("/v1/auth/second-factor")
        await call("/v1/auth/activate-second-factor", {"code": code_of(begun["secret"])})
        await client.get("/v1/auth/second-factor", headers=me)
        await call("/v1/auth/recovery-codes")
        new_password = "năm con cò trắng bay ngang ruộng muối"
        await call("/v1/auth/password", {"current_password": password, "new_password": new_password})

    async def _refusals(self) -> None:
        """One typical refusal of each status; the story gave 403 and 404."""
        client = self.story.client
        me = {"Authorization": f"Bearer {self.story.tokens[TRUONG]}"}
        once = me | {"Idempotency-Key": "vi-du-mot-lan"}
        unit = (await self.story.get(TRUONG, "/v1/me", "me"))["grants"][0]["authority"]["id"]
        person = {"kind": "individual", "name": "Tạ Minh Nguyệt", "authority_id": unit}
        await client.get("/v1/me")
        await client.post("/v1/auth/refresh", json={"refresh_token": "khong-con-hieu-luc-nua"})
        await client.get("/v1/public/campaigns/UB-2026-01-0")
        await client.get("/v1/awards", params={"cursor": "khong-dung"}, headers=me)
        await client.post("/v1/candidates", json=person, headers=me)
        await client.post("/v1/candidates", json=person, headers=once)
        await client.post("/v1/candidates", json=person | {"position": "Giáo viên"}, headers=once)
        wrong = {"kind": "individual", "name": "", "authority_id": "trường", "gender": "nữ"}
        await client.post("/v1/candidates", json=wrong, headers=once)
        await client.post("/v1/candidates", content=b"{", headers=once | {"Content-Type": "application/json"})
        await client.post("/v1/candidates", content=b"name=a", headers=once | {"Content-Type": "text/plain"})
        await client.post("/v1/candidates", content=b" " * 1_000_001, headers=once)
        waiting = await self._first(CB, "/v1/nominations", state="submitted")
        found = await self.story.get(CB, f"/v1/nominations/{waiting['id']}", "chờ tiếp nhận")
        path, opinion = f"/v1/nominations/{found['id']}/appraise", {"opinion": "eligible"}
        officer = {"Authorization": f"Bearer {self.story.tokens[CB]}"}
        for number, version in enumerate((found["version"], 1, None)):
            seen = {} if version is None else {"If-Match": f'"{version}"'}
            await client.post(path, json=opinion, headers=officer | seen | {"Idempotency-Key": f"tham-dinh-{number}"})
        reads, log = self.app.state.database.reads, logging.getLogger("tdkt")
        with patch.object(log, "disabled", True):
            for _ in range(6):
                await client.post("/v1/auth/login", json={"username": "khong.co.ai", "password": "sai"})
            for failure in (asyncpg.CannotConnectNowError("starting up"), ValueError("unexpected")):
                with patch.object(type(reads), "fetchrow", side_effect=failure):
                    await client.get("/readyz")


def text_of(content: dict[str, Any]) -> str:
    """The file as it is committed."""
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Take the examples and write the file."""
    dsn = Settings().database_url
    if dsn is None:
        sys.exit("Cần DATABASE_URL của một máy chủ PostgreSQL được phép tạo cơ sở dữ liệu.")
    FILE.write_text(text_of(asyncio.run(capture(dsn))), encoding="utf-8")


if __name__ == "__main__":
    main()
