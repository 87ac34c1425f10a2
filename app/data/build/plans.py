"""The content of the plans that launch a campaign, for campaigns.json."""

from app.data.build.common import LEVELS, Row, doubt, join, partial_date
from app.data.build.lineages import KEY_OF

OCCASIONS = {"hang_nam": "annual", "so_ket": "interim_review", "tong_ket": "final_review", None: "not_stated"}
REVIEWS = {"so_ket": "interim", "tong_ket": "final"}
RECIPIENTS = {"tập thể": "collective", "cá nhân": "individual"}


def target(metric: Row | None) -> Row | None:
    if metric is None:
        return None
    names = ("indicator", "operator", "value", "unit", "applies_to")
    return {name: None if metric[name] is None else str(metric[name]) for name in names}


def reward(raw: Row, doubts: dict[str, Row]) -> Row:
    doubted = doubts.get(raw.get("form_doubt", ""))
    return {
        "level": LEVELS[raw["level"]],
        "occasion": OCCASIONS[raw.get("occasion")],
        "decider": raw["authority"],
        "form": raw["form"],
        "recipients": [RECIPIENTS[who] for who in raw["who"] or []],
        "conditions": raw["conditions"],
        "quota": raw["quota"],
        "on": partial_date(raw.get("when")),
        "section": raw["section"],
        "doubt": f"{doubted['key']}: {doubted['why']}" if doubted else None,
    }


def plan(number: str, paper: Row) -> Row:
    """The content of the plan that a paper launches, with remarks on single items kept beside it."""
    raw = paper["launched_campaign"]
    doubts = {row["id"]: doubt(row) for row in paper["doubts"]}
    remarks: list[Row] = []
    links: list[Row] = []

    def remark(item: str, text: str | None) -> None:
        if text:
            remarks.append({"item": item, "text": text})

    requirements = []
    for index, row in enumerate(raw["requirements"], 1):
        key = f"{number}-yc{index:02d}"
        requirements.append(
            {"key": key, "text": row["text"], "section": row["section"], "target": target(row.get("metric"))}
        )
        remark(key, row.get("note"))
        if row.get("rule"):
            remark(key, "Là quy tắc xét khen thưởng.")
        if row.get("linked_campaigns"):
            links.append({"item": key, "campaigns": [KEY_OF[c] for c in row["linked_campaigns"]]})
    contents = []
    for row in raw["contents"]:
        key = f"{number}-nd{row['no']:02d}"
        contents.append({"key": key, "number": row["no"], "text": row["text"]})
        if row.get("indices"):
            remark(key, "Chỉ số nêu tên: " + ", ".join(row["indices"]) + ".")
    phases = []
    for row in raw["timeline"]["phases"]:
        milestone = row["milestone"]
        phases.append(
            {
                "number": row["no"],
                "starts": partial_date(row["from"]),
                "ends": partial_date(row["to"]),
                "tasks": row["tasks"],
                "review": {"kind": REVIEWS[milestone["type"]], "on": partial_date(milestone["when"])},
            }
        )
        remark(f"phase-{row['no']}", join(f"Mục {row['section']}", milestone.get("basis")))
    for row in raw["timeline"]["milestones"]:
        parts = (row.get("of"), row["when"], row.get("who"), row.get("section"))
        remark(f"milestone-{row['type']}", "; ".join(part for part in parts if part))
    remark("timeline", raw["timeline"].get("text"))
    remark("timeline", raw["timeline"].get("note"))
    remark("criteria", raw.get("criteria_note"))
    criteria = [
        {
            "key": f"{number}-tc{group_index}",
            "audience": group["group"],
            "section": group["section"],
            "items": [
                {"key": f"{number}-tc{group_index}.{index}", "text": text, "max_points": None}
                for index, text in enumerate(group["items"], 1)
            ],
        }
        for group_index, group in enumerate(raw["criteria"], 1)
    ]
    for index, row in enumerate(raw["rewards"], 1):
        if row.get("eligible_campaigns"):
            links.append({"item": f"reward-{index}", "campaigns": [KEY_OF[c] for c in row["eligible_campaigns"]]})
    return {
        "purposes": raw["purposes"],
        "requirements": requirements,
        "contents": contents,
        "audiences": raw["audiences"],
        "phases": phases,
        "criteria": criteria,
        "rewards": [reward(row, doubts) for row in raw["rewards"]],
        "duties": [
            {"body": row["body"], "items": row["duties"], "section": row["section"]}
            for row in raw["implementation_duties"]
        ],
        "reporting_duties": [
            {name: row.get(name) for name in ("what", "from", "to", "via", "when", "section")}
            for row in raw["reporting_duties"]
        ],
        "solutions": [row["text"] for row in raw.get("solutions", [])],
        "selection_process": raw.get("selection_process", []),
        "links": links,
        "remarks": remarks,
    }


EMPTY_PLAN: Row = {
    "purposes": [],
    "requirements": [],
    "contents": [],
    "audiences": {"collective": [], "individual": []},
    "phases": [],
    "criteria": [],
    "rewards": [],
    "duties": [],
    "reporting_duties": [],
    "solutions": [],
    "selection_process": [],
    "links": [],
    "remarks": [],
}
