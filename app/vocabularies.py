"""Every closed list of the contract, with its Vietnamese and English label.

A vocabulary is an enumeration whose members carry their labels: the code is what the
API speaks and the database stores (text with a CHECK), the label is what a portal shows.
`GET /v1/vocabularies` publishes all of them, so that no frontend hard-codes a word.
"""

from enum import StrEnum
from typing import Self


class Term(StrEnum):
    """A member of a vocabulary: code, Vietnamese label, English label."""

    vi: str
    en: str

    def __new__(cls, code: str, vi: str = "", en: str = "") -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.vi = vi
        member.en = en
        return member


# ---------------------------------------------------------------- hierarchy


class Tier(Term):
    """Tier of an administrative unit. District ended on 30/6/2025; community is no tier of government."""

    CENTRAL = "central", "Trung ương", "Central"
    PROVINCE = "province", "Cấp tỉnh", "Province"
    DISTRICT = "district", "Cấp huyện (đến 30/6/2025)", "District (until 30 June 2025)"
    COMMUNE = "commune", "Cấp xã", "Commune"
    COMMUNITY = "community", "Thôn, khu phố", "Village or residential quarter"


class UnitKind(Term):
    """Kind of an administrative unit."""

    NATION = "nation", "Quốc gia", "Nation"
    PROVINCE = "province", "Tỉnh", "Province"
    CENTRAL_CITY = "central_city", "Thành phố trực thuộc trung ương", "Centrally run city"
    PROVINCIAL_CITY = "provincial_city", "Thành phố thuộc tỉnh", "Provincial city"
    TOWN = "town", "Thị xã", "Town"
    RURAL_DISTRICT = "rural_district", "Huyện", "Rural district"
    WARD = "ward", "Phường", "Ward"
    COMMUNE = "commune", "Xã", "Commune"
    TOWNSHIP = "township", "Thị trấn", "Township"
    SPECIAL_ZONE = "special_zone", "Đặc khu", "Special zone"
    QUARTER = "quarter", "Khu phố, tổ dân phố", "Residential quarter"
    VILLAGE = "village", "Thôn", "Village"


class SuccessionExtent(Term):
    """How much of the old unit went to the new one."""

    WHOLE = "whole", "Toàn bộ", "Whole"
    PART = "part", "Một phần", "Part"
    REMAINDER = "remainder", "Phần còn lại", "Remainder"


class Line(Term):
    """The system (hệ thống) a body stands in."""

    GOVERNMENT = "government", "Chính quyền", "Government"
    PARTY = "party", "Đảng", "Party"
    PEOPLE_COUNCIL = "people_council", "Hội đồng nhân dân, Quốc hội", "People's councils"
    FRONT = "front", "Mặt trận Tổ quốc", "Fatherland Front"
    MASS_ORGANIZATION = "mass_organization", "Đoàn thể chính trị - xã hội", "Mass organisation"
    ARMED_FORCES = "armed_forces", "Lực lượng vũ trang", "Armed forces"
    PUBLIC_SERVICE = "public_service", "Đơn vị sự nghiệp", "Public service unit"
    ENTERPRISE = "enterprise", "Doanh nghiệp", "Enterprise"
    COMMUNITY = "community", "Cộng đồng dân cư", "Community"
    CLUSTER = "cluster", "Cụm, khối thi đua", "Emulation cluster"
    COUNCIL = "council", "Hội đồng, ban chỉ đạo", "Council or steering committee"


class AuthorityKind(Term):
    """What kind of body an authority is; competence to launch and decide is given by kind and level."""

    GOVERNMENT = "government", "Chính phủ", "Government"
    PRESIDENT = "president", "Chủ tịch nước", "State President"
    PRIME_MINISTER = "prime_minister", "Thủ tướng Chính phủ", "Prime Minister"
    NATIONAL_ASSEMBLY = "national_assembly", "Quốc hội, Ủy ban Thường vụ Quốc hội", "National Assembly"
    MINISTRY = "ministry", "Bộ, ban, ngành", "Ministry"
    PEOPLE_COMMITTEE = "people_committee", "Ủy ban nhân dân", "People's committee"
    PEOPLE_COUNCIL = "people_council", "Hội đồng nhân dân", "People's council"
    DEPARTMENT = "department", "Sở và tương đương", "Provincial department"
    DIVISION = "division", "Phòng chuyên môn", "Specialised division"
    PARTY_COMMITTEE = "party_committee", "Cấp ủy, cơ quan Đảng", "Party committee"
    PARTY_CONGRESS = "party_congress", "Đại hội Đảng", "Party congress"
    FRONT_COMMITTEE = "front_committee", "Ủy ban Mặt trận Tổ quốc", "Fatherland Front committee"
    WOMENS_UNION = "womens_union", "Hội Liên hiệp Phụ nữ", "Women's Union"
    FARMERS_UNION = "farmers_union", "Hội Nông dân", "Farmers' Union"
    YOUTH_UNION = "youth_union", "Đoàn TNCS Hồ Chí Minh", "Youth Union"
    VETERANS_ASSOCIATION = "veterans_association", "Hội Cựu chiến binh", "Veterans' Association"
    TRADE_UNION = "trade_union", "Công đoàn, Liên đoàn Lao động", "Trade union"
    SERVICE_UNIT = "service_unit", "Trung tâm, đơn vị sự nghiệp", "Public service unit"
    SCHOOL = "school", "Trường học", "School"
    HOSPITAL = "hospital", "Bệnh viện", "Hospital"
    ENTERPRISE = "enterprise", "Doanh nghiệp, hợp tác xã", "Enterprise or cooperative"
    POLICE = "police", "Công an", "Police"
    MILITARY = "military", "Quân sự", "Military"
    RESIDENTIAL_AREA = "residential_area", "Khu phố, thôn, khu dân cư", "Residential area"
    COMMUNITY_TEAM = "community_team", "Tổ cộng đồng", "Community team"
    CLUSTER = "cluster", "Cụm, khối thi đua", "Emulation cluster"
    EMULATION_COUNCIL = "emulation_council", "Hội đồng Thi đua - Khen thưởng", "Emulation council"
    INITIATIVE_COUNCIL = "initiative_council", "Hội đồng Khoa học, sáng kiến", "Initiative council"
    STEERING_COMMITTEE = "steering_committee", "Ban chỉ đạo, hội đồng tư vấn", "Steering committee"


class AuthorityLevel(Term):
    """Level of a body; the level of an award is the level of the authority that decided it."""

    CENTRAL = "central", "Trung ương", "Central"
    PROVINCE = "province", "Cấp tỉnh", "Province"
    DISTRICT = "district", "Cấp huyện", "District"
    COMMUNE = "commune", "Cấp xã", "Commune"
    UNIT = "unit", "Đơn vị cơ sở", "Grassroots unit"
    COMMUNITY = "community", "Khu phố, thôn", "Community"


class Verification(Term):
    """How far a stored rule or fact was checked against its source."""

    VERIFIED = "verified", "Đã kiểm chứng", "Verified"
    PARTIAL = "partial", "Kiểm chứng một phần", "Partly verified"
    UNVERIFIED = "unverified", "Chưa kiểm chứng", "Not verified"


# ---------------------------------------------------------------- legal documents


class DocumentType(Term):
    """Type of a legal document (thể thức theo Nghị định 30/2020/NĐ-CP, and acts above it)."""

    LAW = "law", "Luật", "Law"
    RESOLUTION = "resolution", "Nghị quyết", "Resolution"
    DECREE = "decree", "Nghị định", "Decree"
    CIRCULAR = "circular", "Thông tư", "Circular"
    DIRECTIVE = "directive", "Chỉ thị", "Directive"
    DECISION = "decision", "Quyết định", "Decision"
    PLAN = "plan", "Kế hoạch", "Plan"
    GUIDANCE = "guidance", "Hướng dẫn", "Guidance"
    REPORT = "report", "Báo cáo", "Report"
    SUBMISSION = "submission", "Tờ trình", "Submission"
    MINUTES = "minutes", "Biên bản", "Minutes"
    ACTION_PROGRAMME = "action_programme", "Chương trình hành động", "Action programme"
    PROGRAMME = "programme", "Chương trình", "Programme"
    SCHEME = "scheme", "Đề án", "Scheme"
    MASTER_PLAN = "master_plan", "Quy hoạch", "Master plan"
    REGULATION = "regulation", "Quy chế", "Regulation"
    OFFICIAL_LETTER = "official_letter", "Công văn", "Official letter"


class DocumentValidity(Term):
    """Validity of a legal document."""

    IN_FORCE = "in_force", "Còn hiệu lực", "In force"
    PARTLY_EXPIRED = "partly_expired", "Hết hiệu lực một phần", "Partly expired"
    EXPIRED = "expired", "Hết hiệu lực", "Expired"
    UNKNOWN = "unknown", "Chưa xác định", "Unknown"


class CitationRelation(Term):
    """How a document refers to another."""

    BASIS = "basis", "Căn cứ", "Legal basis"
    IMPLEMENTS = "implements", "Thực hiện", "Implements"
    REFERS = "refers", "Viện dẫn", "Refers to"
    AMENDS = "amends", "Sửa đổi, bổ sung", "Amends"
    REPLACES = "replaces", "Thay thế", "Replaces"
    REPEALS = "repeals", "Bãi bỏ", "Repeals"


class RecipientPurpose(Term):
    """Why a body receives a document (nơi nhận)."""

    REPORT = "report", "Để báo cáo (b/c)", "For report"
    DIRECT = "direct", "Để chỉ đạo (c/đ)", "For direction"
    IMPLEMENT = "implement", "Để thực hiện (t/h)", "For implementation"
    COORDINATE = "coordinate", "Để phối hợp (p/h)", "For coordination"
    ARCHIVE = "archive", "Lưu", "Archive"
    NOT_STATED = "not_stated", "Không ghi", "Not stated"


class DoubtLevel(Term):
    """How serious a doubt about a stored value is."""

    HIGH = "high", "Cao", "High"
    MEDIUM = "medium", "Vừa", "Medium"
    LOW = "low", "Thấp", "Low"


# ---------------------------------------------------------------- campaigns


class CampaignMethod(Term):
    """Form of emulation (Luật TĐKT 2022, Điều 16); the other two survive in titles of older papers."""

    REGULAR = "regular", "Thi đua thường xuyên", "Regular"
    THEMATIC = "thematic", "Thi đua theo chuyên đề", "Thematic"
    SPECIAL = "special", "Thi đua đặc biệt", "Special drive"
    ROUND = "round", "Thi đua theo đợt", "By round"


class CampaignScope(Term):
    """Scope of a campaign (Luật TĐKT 2022, Điều 16; biểu 0601)."""

    NATIONAL = "national", "Toàn quốc", "National"
    SECTOR_LOCAL = "sector_local", "Bộ, ban, ngành, địa phương", "Sector or locality"
    CLUSTER = "cluster", "Cụm, khối thi đua", "Cluster"
    UNIT = "unit", "Cơ quan, tổ chức, đơn vị", "Agency or unit"


class CampaignState(Term):
    """Internal state of a campaign; it changes only by the verbs of the contract."""

    DRAFT = "draft", "Dự thảo", "Draft"
    IN_REVIEW = "in_review", "Trình duyệt", "In review"
    LAUNCHED = "launched", "Đã phát động", "Launched"
    SUSPENDED = "suspended", "Tạm dừng", "Suspended"
    CONCLUDED = "concluded", "Đã kết thúc", "Concluded"
    ARCHIVED = "archived", "Lưu trữ", "Archived"
    CANCELLED = "cancelled", "Đã hủy", "Cancelled"


class PublicStatus(Term):
    """What the public and the bots see, derived from state, dates and phases."""

    UPCOMING = "upcoming", "Sắp phát động", "Upcoming"
    RUNNING = "running", "Đang diễn ra", "Running"
    INTERIM_REVIEW = "interim_review", "Đang sơ kết", "Interim review"
    FINAL_REVIEW = "final_review", "Đang tổng kết", "Final review"
    SUSPENDED = "suspended", "Tạm dừng", "Suspended"
    ENDED = "ended", "Đã kết thúc", "Ended"
    UNKNOWN = "unknown", "Chưa rõ thời gian", "Time not known"


class DatePrecision(Term):
    """How exactly a date is known."""

    DAY = "day", "Đến ngày", "Day"
    MONTH = "month", "Đến tháng", "Month"
    YEAR = "year", "Đến năm", "Year"


class ReviewKind(Term):
    """Review that closes a phase."""

    INTERIM = "interim", "Sơ kết", "Interim review"
    FINAL = "final", "Tổng kết", "Final review"


class RewardOccasion(Term):
    """When an award of a campaign is given (R14)."""

    ANNUAL = "annual", "Hằng năm", "Annual"
    INTERIM_REVIEW = "interim_review", "Sơ kết", "Interim review"
    FINAL_REVIEW = "final_review", "Tổng kết", "Final review"
    NOT_STATED = "not_stated", "Không ghi", "Not stated"


class DeploymentState(Term):
    """What a unit in scope has done with a campaign."""

    PENDING = "pending", "Chưa triển khai", "Not deployed"
    ACKNOWLEDGED = "acknowledged", "Đã tiếp nhận", "Acknowledged"
    DEPLOYED = "deployed", "Đã triển khai", "Deployed"
    REPORTED = "reported", "Đã báo cáo kết quả", "Reported"


class CommitmentKind(Term):
    """What a unit promises to a campaign (R02: at least one model or one project)."""

    MODEL = "model", "Mô hình", "Model"
    PROJECT = "project", "Công trình", "Project"


# ---------------------------------------------------------------- awards and nominations


class AwardKind(Term):
    """A title of emulation or a form of commendation."""

    TITLE = "title", "Danh hiệu thi đua", "Emulation title"
    FORM = "form", "Hình thức khen thưởng", "Form of commendation"


class RecipientKind(Term):
    """Whom an award is for. `model`, `mixed` and `unspecified` occur only in historical figures."""

    INDIVIDUAL = "individual", "Cá nhân", "Individual"
    COLLECTIVE = "collective", "Tập thể", "Collective"
    HOUSEHOLD = "household", "Hộ gia đình", "Household"
    MODEL = "model", "Mô hình", "Model"
    MIXED = "mixed", "Tập thể và cá nhân (gộp)", "Collectives and individuals together"
    UNSPECIFIED = "unspecified", "Không nêu", "Not stated"


class CandidateKind(Term):
    """Who may be nominated."""

    INDIVIDUAL = "individual", "Cá nhân", "Individual"
    COLLECTIVE = "collective", "Tập thể", "Collective"
    HOUSEHOLD = "household", "Hộ gia đình", "Household"


class RecipientClass(Term):
    """Class of an individual recipient (biểu 0602, 0603 của Bộ Nội vụ)."""

    MINISTRY_PROVINCE_LEADER = (
        "ministry_province_leader",
        "Lãnh đạo cấp bộ, tỉnh trở lên",
        "Leader, ministry or province",
    )
    DEPARTMENT_LEADER = "department_leader", "Lãnh đạo cấp vụ, sở", "Leader, department"
    BUSINESS_PERSON = "business_person", "Doanh nhân", "Business person"
    OTHER_LEADER = "other_leader", "Lãnh đạo từ phó phòng trở lên", "Other leader from deputy head of division"
    DIRECT_WORKER = "direct_worker", "Người lao động trực tiếp", "Direct worker"


class Sex(Term):
    """Sex of a person."""

    FEMALE = "female", "Nữ", "Female"
    MALE = "male", "Nam", "Male"


class CommendationCategory(Term):
    """Category of commendation (loại hình khen thưởng; Luật TĐKT 2022, Điều 8)."""

    MERIT = "merit", "Công trạng", "Merit"
    CAMPAIGN = "campaign", "Phong trào thi đua, chuyên đề", "Campaign or theme"
    AD_HOC = "ad_hoc", "Đột xuất", "Ad hoc"
    LONG_SERVICE = "long_service", "Quá trình cống hiến", "Long service"
    SENIORITY = "seniority", "Niên hạn", "Seniority"
    EXTERNAL = "external", "Đối ngoại", "External"
    RESISTANCE = "resistance", "Kháng chiến", "Resistance war"


class Route(Term):
    """Along which tree a dossier travels."""

    TERRITORY = "territory", "Theo địa bàn", "By territory"
    LINE = "line", "Theo hệ thống", "By line"


class NominationState(Term):
    """State of a nomination; changed only by the transitions of its workflow definition."""

    DRAFT = "draft", "Đang soạn", "Draft"
    SUBMITTED = "submitted", "Đã nộp", "Submitted"
    RECEIVED = "received", "Đã tiếp nhận", "Received"
    RETURNED = "returned", "Trả lại bổ sung", "Returned"
    APPRAISED = "appraised", "Đã thẩm định", "Appraised"
    FORWARDED = "forwarded", "Đã trình cấp trên", "Forwarded"
    DECIDED = "decided", "Đã quyết định khen thưởng", "Decided"
    REJECTED = "rejected", "Không đủ điều kiện", "Rejected"
    WITHDRAWN = "withdrawn", "Đã rút", "Withdrawn"


class AppraisalOpinion(Term):
    """Opinion of the standing body."""

    ELIGIBLE = "eligible", "Đủ điều kiện, đề nghị khen thưởng", "Eligible"
    INELIGIBLE = "ineligible", "Không đủ điều kiện", "Not eligible"


class SigningForm(Term):
    """Capacity in which a document is signed (Nghị định 30/2020/NĐ-CP)."""

    HEAD = "head", "Người đứng đầu ký", "Head signs"
    ON_BEHALF_OF_BODY = "on_behalf_of_body", "TM. (thay mặt)", "On behalf of the body"
    FOR_HEAD = "for_head", "KT. (ký thay)", "For the head"
    BY_ORDER = "by_order", "TL. (thừa lệnh)", "By order"
    BY_AUTHORISATION = "by_authorisation", "TUQ. (thừa ủy quyền)", "By authorisation"


class AwardState(Term):
    """State of an entry of the award register; derived from decisions, never edited."""

    VALID = "valid", "Có hiệu lực", "Valid"
    CORRECTED = "corrected", "Đã đính chính", "Corrected"
    REVOKED = "revoked", "Đã thu hồi", "Revoked"


# ---------------------------------------------------------------- statistics


class StatisticsBasis(Term):
    """On which map figures are gathered."""

    CURRENT = "current", "Địa giới hiện nay", "Today's map"
    HISTORICAL = "historical", "Địa giới tại thời điểm", "Map of the time"


class FigureQualifier(Term):
    """Word of uncertainty that a paper puts before a figure."""

    OVER = "over", "trên", "over"
    NEARLY = "nearly", "gần", "nearly"
    ABOUT = "about", "khoảng", "about"
    MORE_THAN = "more_than", "hơn", "more than"


class FigureKind(Term):
    """What a historical figure is about."""

    AWARD = "award", "Khen thưởng", "Award"
    RESULT = "result", "Kết quả phong trào", "Campaign result"
    FUND = "fund", "Quỹ, tiền thưởng", "Fund"
    ORGANISATION = "organisation", "Tổ chức thực hiện", "Organisation"


# ---------------------------------------------------------------- access


class Role(Term):
    """Role of a grant; what it may do is in `app/access.py`."""

    SYSTEM_ADMIN = "system_admin", "Quản trị hệ thống", "System administrator"
    AUTHORITY_ADMIN = "authority_admin", "Quản trị đơn vị", "Authority administrator"
    OFFICER = "officer", "Cán bộ thường trực thi đua, khen thưởng", "Officer of the standing body"
    LEADER = "leader", "Lãnh đạo", "Leader"
    SUBMITTER = "submitter", "Người lập hồ sơ của đơn vị", "Submitter"
    COUNCIL_SECRETARY = "council_secretary", "Thư ký hội đồng", "Council secretary"
    COUNCIL_MEMBER = "council_member", "Thành viên hội đồng", "Council member"
    FINANCE = "finance", "Tài chính", "Finance"
    AUDITOR = "auditor", "Thanh tra, kiểm tra", "Auditor"
    VIEWER = "viewer", "Người xem", "Viewer"


class Reach(Term):
    """How far a grant reaches from its authority."""

    SELF = "self", "Chỉ đơn vị này", "This body only"
    TERRITORY = "territory", "Toàn địa bàn", "All below in the territory"
    LINE = "line", "Toàn hệ thống dọc", "All below in the line"


class ValidityState(Term):
    """State of what is given for a time: a grant, or the right to sign; follows from its days and its suspension."""

    IN_FORCE = "in_force", "Đang hiệu lực", "In force"
    NOT_YET_VALID = "not_yet_valid", "Chưa đến ngày hiệu lực", "Not yet valid"
    SUSPENDED = "suspended", "Tạm đình chỉ", "Suspended"
    EXPIRED = "expired", "Đã hết hiệu lực", "Expired"


class DenialReason(Term):
    """Why a user may not do something at a body, the nearest reason first: what would have to change."""

    ACCOUNT_DISABLED = "account_disabled", "Tài khoản bị khóa", "The account is disabled"
    SUSPENDED = "suspended", "Phân quyền đang tạm đình chỉ", "The grant is suspended"
    NOT_YET_VALID = "not_yet_valid", "Phân quyền chưa đến ngày hiệu lực", "The grant is not yet valid"
    EXPIRED = "expired", "Phân quyền đã hết hiệu lực", "The grant has expired"
    NOT_IN_REACH = "not_in_reach", "Có quyền này ở nơi khác, không tới đơn vị này", "Granted elsewhere, not here"
    NO_GRANT = "no_grant", "Không có phân quyền nào cho việc này", "No grant gives it"


class Purpose(Term):
    """What a personal record is read for, or records are exported for."""

    APPRAISAL = "appraisal", "Thẩm định, xét khen thưởng", "Appraisal"
    DECISION = "decision", "Ban hành quyết định", "Decision"
    VERIFICATION = "verification", "Xác minh thông tin", "Verification"
    DATA_SUBJECT_REQUEST = "data_subject_request", "Yêu cầu của chủ thể dữ liệu", "Request of the data subject"
    COMPLAINT = "complaint", "Giải quyết khiếu nại, tố cáo", "Complaint or denunciation"
    INSPECTION = "inspection", "Thanh tra, kiểm tra", "Inspection"
    REPORTING = "reporting", "Tổng hợp, báo cáo", "Reporting"
    OTHER = "other", "Mục đích khác", "Other"


class Permission(Term):
    """`resource:verb`: what a role may do; an operation of the contract names the one it needs in `security`."""

    AUDIT_READ = "audit:read", "Xem nhật ký", "Read the audit log"
    AUTHORITY_READ = "authority:read", "Xem cơ quan, đơn vị", "Read authorities"
    AWARD_READ = "award:read", "Xem sổ vàng", "Read the award register"
    CAMPAIGN_READ = "campaign:read", "Xem phong trào", "Read campaigns"
    CAMPAIGN_WRITE = "campaign:write", "Soạn phong trào", "Draft campaigns"
    CAMPAIGN_LAUNCH = "campaign:launch", "Phát động phong trào", "Launch campaigns"
    CANDIDATE_READ = "candidate:read", "Xem đối tượng khen thưởng", "Read candidates"
    CANDIDATE_WRITE = "candidate:write", "Thêm đối tượng khen thưởng", "Add candidates"
    DECISION_READ = "decision:read", "Xem quyết định khen thưởng", "Read decisions"
    DECISION_WRITE = "decision:write", "Ban hành quyết định khen thưởng", "Issue decisions"
    DEPLOYMENT_READ = "deployment:read", "Xem việc triển khai phong trào", "Read deployments"
    DEPLOYMENT_WRITE = "deployment:write", "Triển khai phong trào", "Deploy campaigns"
    GRANT_WRITE = "grant:write", "Phân quyền cho người dùng", "Grant roles"
    LEGAL_DOCUMENT_READ = "legal_document:read", "Xem văn bản", "Read documents"
    LEGAL_DOCUMENT_WRITE = "legal_document:write", "Lưu văn bản", "Store documents"
    NOMINATION_READ = "nomination:read", "Xem hồ sơ, đề nghị khen thưởng", "Read nominations"
    NOMINATION_WRITE = "nomination:write", "Lập hồ sơ, đề nghị khen thưởng", "Make nominations"
    NOMINATION_PROCESS = "nomination:process", "Tiếp nhận, thẩm định đề nghị", "Process nominations"
    NOMINATION_FORWARD = "nomination:forward", "Trình hoặc từ chối đề nghị", "Forward or reject nominations"
    REFERENCE_READ = "reference:read", "Xem danh mục", "Read reference data"
    SELF_READ = "self:read", "Xem thông tin của mình", "Read oneself"
    SELF_WRITE = "self:write", "Đổi cách đăng nhập của mình", "Change one's own login"
    SIGNER_READ = "signer:read", "Xem người được ký văn bản", "Read who may sign"
    SIGNER_WRITE = "signer:write", "Ghi việc giao ký văn bản", "Record who may sign"
    STATISTICS_READ = "statistics:read", "Xem thống kê", "Read statistics"
    USER_READ = "user:read", "Xem tài khoản người dùng", "Read accounts"
    USER_WRITE = "user:write", "Quản lý tài khoản người dùng", "Administer accounts"


class Action(Term):
    """What `allowed_actions` of a campaign, a deployment, a dossier or a nomination can name."""

    EDIT = "edit", "Sửa", "Edit"
    LAUNCH = "launch", "Phát động", "Launch"
    CONCLUDE = "conclude", "Kết thúc", "Conclude"
    CANCEL = "cancel", "Hủy", "Cancel"
    DEPLOY = "deploy", "Triển khai", "Deploy"
    REPORT = "report", "Báo cáo kết quả", "Report"
    SUBMIT = "submit", "Nộp", "Submit"
    WITHDRAW = "withdraw", "Rút", "Withdraw"
    RECEIVE = "receive", "Tiếp nhận", "Receive"
    RETURN = "return", "Trả lại bổ sung", "Return"
    APPRAISE = "appraise", "Thẩm định", "Appraise"
    REJECT = "reject", "Từ chối", "Reject"
    FORWARD = "forward", "Trình cấp trên", "Forward"
    DECIDE = "decide", "Quyết định khen thưởng", "Decide"


class AdministrationAction(Term):
    """What `allowed_actions` of an account, a grant or a signer can name."""

    EDIT = "edit", "Sửa", "Edit"
    INVITE = "invite", "Mời đặt mật khẩu", "Invite"
    DISABLE = "disable", "Khóa tài khoản", "Disable"
    ENABLE = "enable", "Mở khóa tài khoản", "Enable"
    SUSPEND = "suspend", "Tạm đình chỉ", "Suspend"
    RESUME = "resume", "Cho hiệu lực trở lại", "Resume"
    END = "end", "Kết thúc", "End"


VOCABULARIES: dict[str, type[Term]] = {
    name: vocabulary
    for vocabulary in Term.__subclasses__()
    for name in ["".join("_" + c.lower() if c.isupper() else c for c in vocabulary.__name__).lstrip("_")]
}
