"""The story: a province launches, a ward carries it out, units deploy and nominate, ward and province decide.

It is told by `make demo` and run by the end-to-end test; only the public API is used.
"""

from app import clock
from app.demo.storyteller import Answer, Storyteller

SO, TINH = "cán bộ Sở Nội vụ", "lãnh đạo UBND tỉnh"
CB, LD = "cán bộ phường Uông Bí", "lãnh đạo phường Uông Bí"
TRUONG, KHU, HOI = "Trường Tiểu học Minh Họa", "khu Lạc Thanh", "Hội LHPN phường"
VANG_DANH = "cán bộ phường Vàng Danh"
KIEM_TRA = "kiểm tra phường Uông Bí"


async def tell(story: Storyteller, accounts: dict[str, tuple[str, str]]) -> None:
    """Tell the whole story; raises StoryBroken where the server answers otherwise."""
    story.chapter("Đăng nhập")
    for who, (username, password) in accounts.items():
        await story.log_in(who, username, password)
    story.say(f"   {len(accounts)} người đã đăng nhập, mỗi người chỉ thấy phạm vi được giao.")
    provincial = await _province_launches(story)
    campaign = await _ward_carries_out(story, provincial)
    await _units_deploy(story, campaign)
    letter, certificate = await _school_nominates(story, campaign)
    await _ward_processes(story, letter, certificate)
    await _province_decides(story, certificate)
    await _figures(story)
    await _anyone_asks(story, campaign)
    await _who_did_what(story, certificate)


async def _body(story: Storyteller, who: str, name: str) -> Answer:
    """A body by its name, typed without diacritics."""
    found = await story.get(who, "/v1/authorities", f"Tìm “{name}” (gõ không dấu)", q=name, limit="1")
    return dict(found["items"][0])


async def _province_launches(story: Storyteller) -> Answer:
    story.chapter("1 · Tỉnh phát động phong trào")
    province = await _body(story, SO, "uy ban nhan dan tinh quang ninh")
    year = clock.today().year
    document = await story.post(
        SO,
        "/v1/legal-documents",
        {
            "issuer_id": province["id"],
            "number_symbol": f"{clock.now():%H%M%S%f}/KH-UBND",
            "type": "plan",
            "issued_on": {"value": clock.today().isoformat(), "precision": "day"},
            "title": "Phát động phong trào thi đua “Trường học số, lớp học hạnh phúc” trên địa bàn tỉnh",
            "recipients": [{"name": "UBND các xã, phường, đặc khu", "purpose": "implement"}],
        },
        "Lưu kế hoạch phát động của UBND tỉnh",
    )
    campaign = await story.post(
        SO,
        "/v1/campaigns",
        {
            "authority_id": province["id"],
            "launch_document_id": document["id"],
            "title": "Trường học số, lớp học hạnh phúc",
            "method": "thematic",
            "scope": "sector_local",
            "starts": {"value": str(year), "precision": "year"},
            "ends": {"value": str(year + 5), "precision": "year"},
            "plan": {
                "purposes": ["Nâng chất lượng dạy học trên nền tảng số"],
                "contents": [
                    {"key": "nd-1", "number": 1, "text": "Dùng học liệu số trong mọi môn học"},
                    {"key": "nd-2", "number": 2, "text": "Mỗi trường có ít nhất một mô hình số"},
                ],
                "criteria": [
                    {
                        "key": "don-vi",
                        "audience": "Nhà trường",
                        "items": [{"key": "tc-1", "text": "Có kế hoạch triển khai và mô hình cụ thể"}],
                    }
                ],
                "phases": [
                    {
                        "number": 1,
                        "starts": {"value": str(year), "precision": "year"},
                        "ends": {"value": str(year + 2), "precision": "year"},
                        "review": {"kind": "interim", "on": {"value": str(year + 2), "precision": "year"}},
                    }
                ],
            },
        },
        "Dự thảo phong trào cấp tỉnh",
    )
    await story.post(
        SO,
        f"/v1/campaigns/{campaign['id']}/launch",
        {},
        "Cán bộ tự phát động: bị từ chối, vì không có quyền",
        of=campaign,
        expect=403,
    )
    return await story.post(TINH, f"/v1/campaigns/{campaign['id']}/launch", {}, "Lãnh đạo tỉnh phát động", of=campaign)


async def _ward_carries_out(story: Storyteller, provincial: Answer) -> Answer:
    story.chapter("2 · Phường Uông Bí triển khai phong trào của tỉnh")
    ward = await _body(story, CB, "uy ban nhan dan phuong uong bi")
    document = await story.post(
        CB,
        "/v1/legal-documents",
        {
            "issuer_id": ward["id"],
            "number_symbol": f"{clock.now():%H%M%S%f}/KH-UBND",
            "type": "plan",
            "issued_on": {"value": clock.today().isoformat(), "precision": "day"},
            "title": "Triển khai phong trào thi đua “Trường học số, lớp học hạnh phúc” trên địa bàn phường Uông Bí",
            "citations": [{"document_id": provincial["launch_document"]["id"], "relation": "implements"}],
        },
        "Lưu kế hoạch của phường, dẫn kế hoạch của tỉnh",
    )
    campaign = await story.post(
        CB,
        "/v1/campaigns",
        {
            "authority_id": ward["id"],
            "parent_id": provincial["id"],
            "launch_document_id": document["id"],
            "title": "Trường học số, lớp học hạnh phúc (phường Uông Bí)",
            "method": "thematic",
            "scope": "sector_local",
            "starts": provincial["starts"],
            "ends": provincial["ends"],
        },
        "Dự thảo phong trào của phường: nội dung và tiêu chí lấy từ phong trào của tỉnh",
    )
    return await story.post(LD, f"/v1/campaigns/{campaign['id']}/launch", {}, "Lãnh đạo phường phát động", of=campaign)


async def _units_deploy(story: Storyteller, campaign: Answer) -> None:
    story.chapter("3 · Các đơn vị triển khai")
    models = {TRUONG: "Thư viện số lớp học", KHU: "Tổ công nghệ số cộng đồng", HOI: "Phụ nữ với lớp học số"}
    for who, model in models.items():
        home = (await story.get(who, "/v1/me", f"{who} xem mình là ai, được làm gì"))["grants"][0]["authority"]
        deployment = await story.post(
            who,
            f"/v1/campaigns/{campaign['id']}/deployments",
            {"authority_id": home["id"]},
            f"{who} tiếp nhận phong trào",
        )
        await story.post(
            who,
            f"/v1/deployments/{deployment['id']}/deploy",
            {"commitments": [{"kind": "model", "name": model}], "received_on": clock.today().isoformat()},
            f"{who} cam kết mô hình “{model}”",
            of=deployment,
        )
    cascade = await story.get(
        CB, f"/v1/campaigns/{campaign['id']}/cascade", "Phường xem phong trào từ trên xuống và đơn vị còn im lặng"
    )
    silent = [unit["authority"]["name"] for unit in cascade["silent_units"]]
    story.say(
        f"      Đã triển khai {cascade['units_deployed']}/{cascade['units_in_scope']} đơn vị; "
        f"còn im lặng: {', '.join(silent[:4])}{'…' if len(silent) > 4 else ''}"
    )


async def _school_nominates(story: Storyteller, campaign: Answer) -> tuple[Answer, Answer]:
    story.chapter("4 · Trường đề nghị khen thưởng")
    school = (await story.get(TRUONG, "/v1/me", "Trường xem mình là ai"))["grants"][0]["authority"]
    dossier = await story.post(
        TRUONG,
        "/v1/dossiers",
        {
            "authority_id": school["id"],
            "category": "campaign",
            "campaign_id": campaign["id"],
            "year": clock.today().year,
            "title": "Đề nghị khen thưởng phong trào “Trường học số, lớp học hạnh phúc”",
            "submission_number": "21/TTr-THMH",
            "submission_date": clock.today().isoformat(),
        },
        "Trường lập hồ sơ kèm tờ trình; nơi nhận do địa bàn quyết định",
    )
    nominations = []
    for name, award, achievement in (
        ("Trần Khánh Linh", "gk_chu_tich_ubnd_xa", "Xây dựng thư viện số của lớp 4B"),
        ("Đinh Công Minh", "bk_chu_tich_ubnd_tinh", "Hai năm liền có sáng kiến, hướng dẫn 12 trường bạn"),
    ):
        person = await story.post(
            TRUONG,
            "/v1/candidates",
            {
                "kind": "individual",
                "name": name,
                "authority_id": school["id"],
                "position": "Giáo viên",
                "recipient_class": "direct_worker",
            },
            f"Thêm đối tượng {name}",
        )
        nominations.append(
            await story.post(
                TRUONG,
                "/v1/nominations",
                {
                    "dossier_id": dossier["id"],
                    "candidate_id": person["id"],
                    "award_type_code": award,
                    "achievement": achievement,
                },
                f"Đề nghị cho {name}",
            )
        )
    path = f"/v1/dossiers/{dossier['id']}"
    dossier = await story.get(TRUONG, path, "Trường đọc lại toàn bộ hồ sơ trước khi nộp")
    await story.post(TRUONG, f"{path}/submit", {}, "Trường nộp hồ sơ lên phường", of=dossier)
    letter, certificate = nominations
    return letter, certificate


async def _current(story: Storyteller, who: str, nomination: Answer, tell: str) -> Answer:
    return await story.get(who, f"/v1/nominations/{nomination['id']}", tell)


async def _ward_processes(story: Storyteller, letter: Answer, certificate: Answer) -> None:
    story.chapter("5 · Phường tiếp nhận, trả lại, thẩm định, quyết định")
    outsider = f"/v1/nominations/{letter['id']}"
    answer = await story.client.get(outsider, headers={"Authorization": f"Bearer {story.tokens[VANG_DANH]}"})
    story.say(f"\n    {VANG_DANH} thử mở hồ sơ của Uông Bí: GET {outsider} → {answer.status_code} (không được biết)")
    found = await _current(story, CB, letter, "Cán bộ phường mở đề nghị Giấy khen")
    path = f"/v1/nominations/{letter['id']}"
    found = await story.post(CB, f"{path}/receive", {}, "Tiếp nhận", of=found)
    found = await story.post(
        CB, f"{path}/return", {"reason": "Thiếu xác nhận của hội đồng sáng kiến"}, "Trả lại kèm lý do", of=found
    )
    found = await story.patch(
        TRUONG,
        path,
        {"achievement": "Xây dựng thư viện số của lớp 4B; sáng kiến được nhà trường công nhận ngày 15/5"},
        "Trường bổ sung thành tích",
        of=found,
    )
    found = await story.post(TRUONG, f"{path}/submit", {}, "Trường nộp lại", of=found)
    found = await story.post(CB, f"{path}/receive", {}, "Tiếp nhận lần hai", of=found)
    found = await story.post(CB, f"{path}/appraise", {"opinion": "eligible"}, "Thẩm định: đủ điều kiện", of=found)
    ward = found["holder"]
    decision = await story.post(
        LD,
        "/v1/decisions",
        {
            "authority_id": ward["id"],
            "nomination_ids": [letter["id"]],
            "title": "Về việc tặng Giấy khen của Chủ tịch UBND phường",
            "decided_on": clock.today().isoformat(),
            "signer_name": story.names[LD],
            "signer_position": "Chủ tịch",
            "signing_form": "head",
        },
        "Lãnh đạo phường ký quyết định: cấp số, ghi sổ vàng, tính tiền thưởng",
    )
    code = decision["awards"][0]["verification_code"]
    await story.get(None, f"/v1/public/awards/{code}", "Ai cũng xác minh được giấy khen bằng mã")
    path = f"/v1/nominations/{certificate['id']}"
    found = await _current(story, CB, certificate, "Cán bộ phường mở đề nghị Bằng khen")
    found = await story.post(CB, f"{path}/receive", {}, "Tiếp nhận", of=found)
    found = await story.post(CB, f"{path}/appraise", {"opinion": "eligible"}, "Thẩm định", of=found)
    found = await _current(
        story, LD, certificate, "Lãnh đạo xem: Bằng khen ngoài thẩm quyền của phường, chỉ trình được"
    )
    await story.post(
        LD,
        f"{path}/forward",
        {"submission_number": "88/TTr-UBND", "submission_date": clock.today().isoformat()},
        "Lãnh đạo phường trình lên tỉnh",
        of=found,
    )


async def _province_decides(story: Storyteller, certificate: Answer) -> None:
    story.chapter("6 · Tỉnh thẩm định và quyết định Bằng khen")
    path = f"/v1/nominations/{certificate['id']}"
    found = await _current(story, SO, certificate, "Sở Nội vụ mở đề nghị")
    found = await story.post(SO, f"{path}/receive", {}, "Sở Nội vụ tiếp nhận", of=found)
    found = await story.post(SO, f"{path}/appraise", {"opinion": "eligible"}, "Sở Nội vụ thẩm định", of=found)
    await story.post(
        TINH,
        "/v1/decisions",
        {
            "authority_id": found["holder"]["id"],
            "nomination_ids": [certificate["id"]],
            "title": "Về việc tặng Bằng khen của Chủ tịch UBND tỉnh",
            "decided_on": clock.today().isoformat(),
            "signer_name": story.names[TINH],
            "signer_position": "Chủ tịch",
            "signing_form": "head",
        },
        "Lãnh đạo tỉnh ký quyết định",
    )
    done = await _current(story, TRUONG, certificate, "Trường xem lại toàn bộ quá trình")
    story.say("      " + " → ".join(event["action"] for event in done["history"]))


def _dong(amount: int) -> str:
    return f"{amount:,} đồng".replace(",", ".")


async def _figures(story: Storyteller) -> None:
    story.chapter("7 · Sổ vàng và số liệu")
    await story.get(CB, "/v1/awards", "Sổ vàng trên địa bàn phường", q="tran khanh linh")
    ward = await _body(story, CB, "uy ban nhan dan phuong uong bi")
    figures = await story.get(
        CB,
        "/v1/statistics/awards",
        "Số liệu của phường: sổ vàng, và số liệu trong báo cáo 68/BC-UBND để riêng, không cộng",
        authority_id=ward["id"],
        group_by="level",
    )
    for item in figures["award_register"]["items"]:
        story.say(f"      sổ vàng · {item['level']}: {item['awards']} khen thưởng, {_dong(item['bonus'])}")
    for figure in figures["historical"][:4]:
        story.say(
            f"      báo cáo · {figure['label']}: {figure['value']} {figure['unit']} "
            f"({figure['source']['number_symbol']}, mục {figure['section']})"
        )
    for unit in figures["predecessors"]:
        counted = "được cộng" if unit["added"] else "không cộng"
        story.say(f"      đơn vị cũ · {unit['unit']['name']}: {counted} ({unit['reason']})")


async def _anyone_asks(story: Storyteller, campaign: Answer) -> None:
    story.chapter("8 · Ai cũng hỏi được phong trào đang ở đâu")
    await story.get(None, f"/v1/public/campaigns/{campaign['code']}", "Tra theo mã trên cổng thông tin")
    await story.get(None, f"/v1/bot/campaigns/{campaign['code']}", "Bot Zalo hỏi theo mã")
    await story.get(None, "/v1/bot/campaigns", "Bot Zalo tìm theo tên, gõ không dấu", q="truong hoc so")


async def _who_did_what(story: Storyteller, certificate: Answer) -> None:
    story.chapter("9 · Ai đã làm gì")
    log = await story.get(
        KIEM_TRA, "/v1/audit-events", "Người kiểm tra xem nhật ký của đề nghị Bằng khen", entity_id=certificate["id"]
    )
    for event in reversed(log["items"]):
        story.say(f"      {event['action']} · {event['actor']['name']} · {event['authority']['name']}")
