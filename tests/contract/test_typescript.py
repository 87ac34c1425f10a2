"""Typed clients: every generator takes the contract, and the example client compiles and does its work."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from app.db import asyncpg_arguments
from tests.contract.node import DOCUMENT, MODULES, NODE, OPENAPI, environment, install, npm, run, succeeded
from tests.server import Server

STRICT = {
    "target": "es2023",
    "lib": ["es2023", "dom", "dom.iterable"],
    "module": "esnext",
    "moduleResolution": "bundler",
    "types": [],
    "strict": True,
    "skipLibCheck": True,
    "noEmit": True,
}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a portal team has after the first steps of the guide: a copy of openapi/, installed and generated."""
    install()
    folder = tmp_path_factory.mktemp("cổng thông tin")
    for name in ("package.json", DOCUMENT.name):
        shutil.copy(OPENAPI / name, folder)
    shutil.copytree(OPENAPI / "client", folder / "client", ignore=shutil.ignore_patterns("schema.ts"))
    (folder / "node_modules").symlink_to(MODULES)
    succeeded(npm("run", "generate", cwd=folder))
    return folder


GENERATORS: dict[str, list[str | Path]] = {
    "openapi-typescript": [DOCUMENT, "-o", "made/schema.ts"],
    "orval": ["--input", DOCUMENT, "--output", "made/client.ts", "--client", "fetch"],
    "openapi-ts": ["-i", DOCUMENT, "-o", "made", "--no-log-file"],
}


@pytest.mark.parametrize("tool", GENERATORS)
def test_a_generator_takes_the_contract_without_a_warning(tmp_path: Path, tool: str) -> None:
    install()
    (tmp_path / "node_modules").symlink_to(MODULES)
    done = run(tool, *GENERATORS[tool], cwd=tmp_path)
    said = succeeded(done) + done.stderr
    assert not re.search(r"warn|error|fail|deprecat|unsupported|duplicate|⚠", said, re.IGNORECASE), said
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": STRICT, "include": ["made"]}))
    succeeded(run("tsc", "-p", tmp_path, cwd=tmp_path))
    made = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "made").rglob("*.ts"))
    assert "submitNomination" in made and "allowed_actions" in made


def test_the_example_client_and_the_typescript_of_the_guide_compile(portal: Path) -> None:
    guide = (OPENAPI / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```ts\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    assert len(examples) > 4
    files = [portal / "client" / f"guide_{number}.ts" for number in range(len(examples))]
    try:
        for file, example in zip(files, examples, strict=True):
            file.write_text(example, encoding="utf-8")
        succeeded(npm("run", "check", cwd=portal))
    finally:
        for file in files:
            file.unlink(missing_ok=True)


def test_the_guide_uses_commands_that_exist() -> None:
    guide = (OPENAPI / "README.md").read_text(encoding="utf-8")
    scripts = json.loads((OPENAPI / "package.json").read_text(encoding="utf-8"))["scripts"]
    assert set(re.findall(r"npm run ([a-z]+)", guide)) | {"start"} == scripts.keys()


MISTAKES = [
    "(await answer(api.GET('/v1/me'))).full_name;",
    "await api.GET('/v1/mee');",
    "await api.GET('/v1/campaigns', { params: { query: { page: 2 } } });",
    "await api.GET('/v1/campaigns', { params: { query: { state: ['open'] } } });",
    "await api.GET('/v1/campaigns/{campaign_id}');",
    "await api.POST('/v1/candidates', { params: { header: once() }, body: { kind: 'individual', name: 'A' } });",
    "await api.POST('/v1/candidates', { body: { kind: 'individual', name: 'A', authority_id: id } });",
    "await api.POST('/v1/dossiers/{dossier_id}/submit', { params: { path: { dossier_id: id }, header: once() } });",
    "await api.DELETE('/v1/candidates');",
    "if (new Refused(problem).code === 'no_such_code') throw 0;",
    "const next: 'approve' = (await answer(api.GET('/v1/dossiers/{dossier_id}', at))).allowed_actions[0]!;",
]


def test_a_client_that_is_wrong_does_not_compile(portal: Path) -> None:
    head = [
        "import { answer, Refused } from './problem.ts';",
        "import type { Problem } from './schema.ts';",
        "import { once, type Session } from './session.ts';",
        "export async function wrong({ api }: Session, id: string, problem: Problem): Promise<void> {",
        "const at = { params: { path: { dossier_id: id } } };",
        "await answer(api.GET('/v1/dossiers/{dossier_id}', at));",
    ]
    wrong = portal / "client" / "wrong.ts"
    wrong.write_text("\n".join([*head, *MISTAKES, "}"]), encoding="utf-8")
    try:
        done = run("tsc", "-p", "client", cwd=portal)
    finally:
        wrong.unlink()
    lines = {int(line) for line in re.findall(r"^client/wrong\.ts\((\d+),\d+\): error", done.stdout, re.MULTILINE)}
    assert lines == set(range(len(head) + 1, len(head) + 1 + len(MISTAKES))), done.stdout
    assert re.findall(r"^client/(?!wrong)\S+", done.stdout, re.MULTILINE) == []


class Line:
    """A connection that breaks at the n-th such request: the server has done its work, the answer does not arrive."""

    def __init__(self, server: Server, request: str, number: int) -> None:
        self._server = server
        self._breaks_at = request
        self._number = number
        self.requests: list[str] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """The address of the line."""
        listening = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        async with listening:
            yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
            listening.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        breaking = False

        async def up() -> None:
            nonlocal breaking
            while data := await reader.read(65_536):
                made = re.findall(r"^([A-Z]+ /\S+) HTTP/1\.1\r$", data.decode(errors="replace"), re.MULTILINE)
                self.requests += made
                breaking = self._breaks_at in made and self.requests.count(self._breaks_at) == self._number
                up_writer.write(data)
                await up_writer.drain()

        async def down() -> None:
            while data := await up_reader.read(65_536):
                if breaking:
                    return
                writer.write(data)
                await writer.drain()

        try:
            await asyncio.wait([asyncio.create_task(up()), asyncio.create_task(down())], return_when="FIRST_COMPLETED")
        finally:
            writer.close()
            up_writer.close()


async def test_the_example_client_does_its_work_over_a_line_that_breaks(
    portal: Path, product: tuple[Server, str]
) -> None:
    server, dsn = product
    passwords = server.passwords()
    line = Line(server, "POST /v1/candidates", 2)
    async with line.open() as address:
        settings = {"API": address} | {
            name: f"{account}:{passwords[account]}"
            for name, account in (("SCHOOL", "truong.minhhoa"), ("WARD", "canbo.uongbi"))
        }
        process = await asyncio.create_subprocess_exec(
            NODE, "client/main.ts", cwd=portal, env=environment() | settings, stdout=-1, stderr=-1
        )
        out, errors = await asyncio.wait_for(process.communicate(), timeout=120)
    assert process.returncode == 0, errors.decode()
    told = json.loads(out)
    assert len(told["campaigns"]) == len(set(told["campaigns"])) > 10
    assert told["again"] == 304
    assert told["fields"] == ["/name"]
    assert told["state"] == "received" and told["next"] == ["Trả lại bổ sung", "Thẩm định"]

    def times(request: str) -> int:
        return sum(re.fullmatch(request, made) is not None for made in line.requests)

    assert times("POST /v1/candidates") == 3, "refused without a name; sent; sent again after the break"
    assert times("PATCH /v1/dossiers/[0-9a-f-]+") == 2, "412, then with what is there now"
    assert times("GET /v1/campaigns[?].*") == (len(told["campaigns"]) + 1) // 2
    assert times("POST /v1/auth/refresh") == 1
    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    try:
        people = await connection.fetchval("select count(*) from candidate where name = 'Vũ Thị Thanh Mai'")
        nomination = await connection.fetchrow(
            "select n.state, d.submission_number from nomination n join dossier d on d.id = n.dossier_id"
            " where n.id = $1::text::uuid",
            told["nomination_id"],
        )
        ended = await connection.fetch("select end_reason from user_session where ended_at is not null")
    finally:
        await connection.close()
    assert people == 1, "one, though it was sent twice"
    assert dict(nomination) == {"state": "received", "submission_number": "21/TTr-THMH"}
    assert len(ended) == 1
