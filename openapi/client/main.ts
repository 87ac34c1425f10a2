// A school nominates a teacher and the ward receives it: what a portal does, in the order it does it.
//   API=http://127.0.0.1:8000 SCHOOL=user:password WARD=user:password node client/main.ts
import { all } from "./pages.ts";
import { answer, changing, held, Refused } from "./problem.ts";
import type { Action, CampaignSummary, NominationOut } from "./schema.ts";
import { once, Session } from "./session.ts";

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`set ${name}`);
  return value;
}

async function logIn(name: string): Promise<Session> {
  const [username = "", password = ""] = setting(name).split(":");
  return Session.logIn(setting("API"), username, password);
}

/** Labels of the actions in Vietnamese, so that no text is in the portal. */
async function labels(session: Session): Promise<Map<string, string>> {
  const { items } = await answer(session.api.GET("/v1/vocabularies"));
  const terms = items.find((vocabulary) => vocabulary.name === "action")?.terms ?? [];
  return new Map(terms.map((term) => [term.code, term.label]));
}

async function campaigns(session: Session): Promise<CampaignSummary[]> {
  const list = all((page) =>
    answer(session.api.GET("/v1/campaigns", { params: { query: { state: ["launched"], limit: 2, ...page } } })),
  );
  return Array.fromAsync(list);
}

/** A detail, then the same again with its ETag: the second answer is a 304 without a body. */
async function openTwice(session: Session, campaign_id: string): Promise<number> {
  const path = { campaign_id };
  const { etag } = await held(session.api.GET("/v1/campaigns/{campaign_id}", { params: { path } }));
  const again = await session.api.GET("/v1/campaigns/{campaign_id}", {
    params: { path, header: { "If-None-Match": etag } },
  });
  return again.response.status;
}

/** What the form shows beside its fields when the server refuses it. */
async function refusedFields(session: Session, authority_id: string): Promise<string[]> {
  try {
    const body = { kind: "individual", name: " ", authority_id } as const;
    await answer(session.api.POST("/v1/candidates", { params: { header: once() }, body }));
  } catch (refusal) {
    if (refusal instanceof Refused && refusal.code === "invalid_input") return [...refusal.fields.keys()];
    throw refusal;
  }
  throw new Error("a candidate without a name was accepted");
}

async function nominate(school: Session, authority_id: string): Promise<{ dossier_id: string; nomination_id: string }> {
  const { api } = school;
  const candidate = await answer(
    api.POST("/v1/candidates", {
      params: { header: once() },
      body: { kind: "individual", name: "Vũ Thị Thanh Mai", position: "Giáo viên", authority_id },
    }),
  );
  const dossier = await held(
    api.POST("/v1/dossiers", {
      params: { header: once() },
      body: { authority_id, category: "merit", year: new Date().getFullYear(), title: "Đề nghị khen thưởng năm học" },
    }),
  );
  const dossier_id = dossier.value.id;
  const nomination = await answer(
    api.POST("/v1/nominations", {
      params: { header: once() },
      body: {
        dossier_id,
        candidate_id: candidate.id,
        award_type_code: "gk_chu_tich_ubnd_xa",
        achievement: "Dạy tốt nhiều năm, có sáng kiến được nhà trường công nhận",
      },
    }),
  );
  // the nomination has changed the dossier since we read it: 412, then once more with what is there now
  await changing(
    () => held(api.GET("/v1/dossiers/{dossier_id}", { params: { path: { dossier_id } } })),
    ({ etag }) =>
      held(
        api.PATCH("/v1/dossiers/{dossier_id}", {
          params: { path: { dossier_id }, header: { "If-Match": etag } },
          body: { submission_number: "21/TTr-THMH", submission_date: new Date().toISOString().slice(0, 10) },
        }),
      ),
    dossier,
  );
  return { dossier_id, nomination_id: nomination.id };
}

async function submit(school: Session, dossier_id: string): Promise<void> {
  const path = { dossier_id };
  await changing(
    () => held(school.api.GET("/v1/dossiers/{dossier_id}", { params: { path } })),
    ({ value, etag }) => {
      if (!value.allowed_actions.includes("submit")) throw new Error(`may only ${value.allowed_actions.join(", ")}`);
      return answer(
        school.api.POST("/v1/dossiers/{dossier_id}/submit", {
          params: { path, header: { "If-Match": etag, ...once() } },
        }),
      );
    },
  );
}

/** The buttons of a nomination are its allowed_actions; nothing here knows who may do what when. */
async function act(session: Session, nomination_id: string, wanted: Action): Promise<NominationOut> {
  const path = { nomination_id };
  return changing(
    () => held(session.api.GET("/v1/nominations/{nomination_id}", { params: { path } })),
    async ({ value, etag }) => {
      if (!value.allowed_actions.includes(wanted)) throw new Error(`${wanted} is not offered`);
      const header = { "If-Match": etag, ...once() };
      switch (wanted) {
        case "receive":
          return answer(session.api.POST("/v1/nominations/{nomination_id}/receive", { params: { path, header }, body: {} }));
        case "return":
          return answer(
            session.api.POST("/v1/nominations/{nomination_id}/return", {
              params: { path, header },
              body: { reason: "Thiếu xác nhận của hội đồng sáng kiến" },
            }),
          );
        default:
          throw new Error(`this portal has no button for ${wanted}`);
      }
    },
  );
}

const school = await logIn("SCHOOL");
const ward = await logIn("WARD");
const label = await labels(school);
const home = (await answer(school.api.GET("/v1/me"))).grants[0]?.authority;
if (home === undefined) throw new Error("the school has no grant");

const listed = await campaigns(school);
const first = listed[0];
if (first === undefined) throw new Error("no campaign is running");
const again = await openTwice(school, first.id);
const fields = await refusedFields(school, home.id);
const made = await nominate(school, home.id);
await school.renew();
await submit(school, made.dossier_id);
const received = await act(ward, made.nomination_id, "receive");
await school.logOut();

console.log(
  JSON.stringify({
    campaigns: listed.map((campaign) => campaign.code),
    again,
    fields,
    ...made,
    state: received.state,
    next: received.allowed_actions.map((action) => label.get(action) ?? action),
  }),
);
