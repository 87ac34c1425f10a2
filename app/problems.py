"""Every refusal of the API: one shape (RFC 9457), one registry of stable codes.

A service raises `Problem("code", **facts)`; the facts fill the sentence of the registry.
Text is Vietnamese, English where the caller asks by `Accept-Language`. `GET /problems/{code}`
documents each entry. A code that is raised but not registered, or registered and never
raised, fails a test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PROBLEM_MEDIA_TYPE = "application/problem+json"
MERGE_PATCH_MEDIA_TYPE = "application/merge-patch+json"


# codes of single places (errors[].code) that services give; those of the shapes are in app/refusals.py
PLACE_CODES = (
    "authorisation_needs_document",
    "authorisation_needs_end",
    "before_the_body",
    "before_the_submission",
    "code_does_not_match",
    "code_required",
    "duplicate_item",
    "duplicate_key",
    "easily_guessed",
    "in_the_future",
    "in_the_past",
    "later_than_its_end",
    "null_not_allowed",
    "same_password",
    "scope_outside_competence",
    "too_long",
    "too_many_groups",
    "unknown_value",
    "wrong_password",
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One entry of the registry: HTTP status, and title and detail in both languages.

    Details are `str.format` templates over the facts given to `Problem`.
    """

    status: int
    title: str
    detail: str
    title_en: str
    detail_en: str


REGISTRY: dict[str, Kind] = {
    # ------------------------------------------------------------ reading the request
    "malformed_json": Kind(
        400,
        "Nội dung gửi lên không đọc được",
        "Phần thân yêu cầu không phải JSON hợp lệ (UTF-8). Hãy kiểm tra lại cú pháp rồi gửi lại.",
        "Unreadable request",
        "The request body is not valid JSON (UTF-8). Check its syntax and send it again.",
    ),
    "malformed_http": Kind(
        400,
        "Yêu cầu không đúng giao thức HTTP",
        "Máy chủ không đọc được yêu cầu theo HTTP/1.1. Hãy dùng một thư viện HTTP và gửi lại.",
        "Not HTTP",
        "The server cannot read this as HTTP/1.1. Use an HTTP library and send it again.",
    ),
    "request_too_slow": Kind(
        408,
        "Yêu cầu đến quá chậm",
        "Toàn bộ yêu cầu phải đến trong {seconds} giây. Hãy kiểm tra đường truyền rồi gửi lại, hoặc rút gọn nội dung.",
        "Request too slow",
        "The whole request must arrive within {seconds} seconds. Check the connection and send it again, or shorten it.",
    ),
    "header_too_large": Kind(
        431,
        "Địa chỉ hoặc tiêu đề quá dài",
        "Địa chỉ và các tiêu đề cộng lại vượt quá {limit} byte. Hãy bớt tham số hoặc tiêu đề rồi gửi lại.",
        "Address or headers too long",
        "The address and the headers together exceed {limit} bytes. Send fewer parameters or headers.",
    ),
    "unauthenticated": Kind(
        401,
        "Chưa đăng nhập",
        "Yêu cầu cần mã truy cập còn hiệu lực. Hãy đăng nhập rồi gửi lại với tiêu đề Authorization: Bearer.",
        "Not authenticated",
        "The request needs a valid access token. Log in and send it as Authorization: Bearer.",
    ),
    "login_failed": Kind(
        401,
        "Đăng nhập không thành công",
        "Tên đăng nhập hoặc mật khẩu không đúng, hoặc tài khoản tạm thời không được đăng nhập. "
        "Hãy kiểm tra lại; nếu vẫn không được, liên hệ quản trị đơn vị.",
        "Login failed",
        "The user name or the password is wrong, or the account cannot log in at the moment. Check both, or ask the administrator.",
    ),
    "second_factor_required": Kind(
        401,
        "Cần mã xác thực",
        "Tài khoản dùng xác thực hai bước. Hãy gửi lại cùng mật khẩu và code: sáu chữ số đang hiện trong ứng dụng xác thực, "
        "hoặc một mã dự phòng.",
        "Code required",
        "The account uses a second factor. Send the password again with code: the six digits that the app shows, "
        "or a recovery code.",
    ),
    "second_factor_wrong": Kind(
        401,
        "Mã xác thực không đúng",
        "Mã không đúng, đã hết hạn hoặc đã dùng. Hãy chờ ứng dụng hiện mã mới rồi gửi lại, hoặc dùng một mã dự phòng.",
        "Wrong code",
        "The code is wrong, too old or already used. Wait for the next one and try again, or use a recovery code.",
    ),
    "refresh_refused": Kind(
        401,
        "Không gia hạn được phiên đăng nhập",
        "Mã gia hạn không hợp lệ, đã hết hạn hoặc đã dùng. Hãy đăng nhập lại.",
        "Session cannot be renewed",
        "The refresh token is invalid, expired or already used. Log in again.",
    ),
    "confirmation_required": Kind(
        403,
        "Cần xác nhận lại mật khẩu",
        "Việc này cần mật khẩu vừa được nhập trong 5 phút gần đây. Hãy gọi POST /v1/auth/confirm với mật khẩu rồi gửi lại.",
        "Confirm your password",
        "This needs a password that was given within the last five minutes. Call POST /v1/auth/confirm and send it again.",
    ),
    "invitation_refused": Kind(
        401,
        "Lời mời không dùng được",
        "Mã mời không đúng, đã hết hạn, đã dùng hoặc đã có lời mời mới hơn. Hãy xin quản trị đơn vị một lời mời mới.",
        "Invitation refused",
        "The invitation token is wrong, expired, used or replaced by a newer one. Ask the administrator for a new one.",
    ),
    "forbidden": Kind(
        403,
        "Không đủ quyền",
        "Tài khoản xem được nội dung này nhưng không có quyền “{permission.vi}” tại đơn vị. "
        "Hãy liên hệ quản trị đơn vị nếu cần được phân quyền.",
        "Not permitted",
        "You may see this, but you do not hold the permission “{permission.en}” here. "
        "Ask the administrator of the unit for it.",
    ),
    "own_work": Kind(
        403,
        "Không tự duyệt việc của mình",
        "Người lập hoặc thẩm định không được tự duyệt, tự quyết định. Hãy chuyển người khác có thẩm quyền thực hiện.",
        "Maker cannot approve",
        "Whoever made or appraised it may not approve or decide it. Another competent person must act.",
    ),
    "own_account": Kind(
        403,
        "Không tự quản trị mình",
        "Không ai được tự khóa, tự mời, tự phân quyền hay tự giao ký cho mình. Hãy nhờ một quản trị khác thực hiện.",
        "Not for oneself",
        "Nobody administers their own account, grants or right to sign. Ask another administrator.",
    ),
    "beyond_your_grant": Kind(
        403,
        "Vượt phạm vi được giao",
        "Chỉ được phân quyền, và chỉ được quản trị người có phân quyền, trong phạm vi và với vai trò mà mình được giao. "
        "Hãy chuyển quản trị cấp trên thực hiện.",
        "Beyond your own grant",
        "You may give roles, and administer people who hold them, only within your reach and the roles you may give. "
        "Ask an administrator above you.",
    ),
    "not_found": Kind(
        404,
        "Không tìm thấy",
        "Không có nội dung này, hoặc nội dung nằm ngoài phạm vi được giao. Hãy kiểm tra lại mã, hoặc tìm trong danh sách.",
        "Not found",
        "It does not exist, or lies outside your reach. Check the id, or look it up in the list.",
    ),
    "code_not_found": Kind(
        404,
        "Không có mã này",
        "Không có phong trào hay khen thưởng nào mang mã này. Hãy kiểm tra lại từng ký tự của mã ghi trên văn bản.",
        "No such code",
        "No campaign or award has this code. Check every character of the code on the paper.",
    ),
    "path_not_found": Kind(
        404,
        "Không có đường dẫn này",
        "Đường dẫn không thuộc API. Hãy xem danh mục đường dẫn tại /docs hoặc /openapi.json.",
        "No such path",
        "The path is not part of the API. See /docs or /openapi.json.",
    ),
    "method_not_allowed": Kind(
        405,
        "Phương thức không được hỗ trợ",
        "Đường dẫn này không nhận phương thức {method}. Hãy dùng một phương thức nêu ở tiêu đề Allow.",
        "Method not allowed",
        "This path does not take {method}. Use one that the Allow header names.",
    ),
    "export_too_large": Kind(
        422,
        "Bản xuất quá lớn",
        "Có hơn {most} sự kiện khớp với điều kiện. Hãy thu hẹp khoảng thời gian (since, until) rồi xuất từng phần.",
        "Export too large",
        "More than {most} events match. Narrow the time (since, until) and export in parts.",
    ),
    # ------------------------------------------------------------ state and concurrency
    "second_factor_active": Kind(
        409,
        "Đã bật xác thực hai bước",
        "Tài khoản đang dùng xác thực hai bước. Muốn đổi điện thoại, hãy tắt rồi bật lại.",
        "A second factor is active",
        "The account uses a second factor. To change the phone, remove it and begin again.",
    ),
    "second_factor_missing": Kind(
        409,
        "Chưa bật xác thực hai bước",
        "Tài khoản chưa có xác thực hai bước. Hãy bắt đầu bằng POST /v1/auth/second-factor.",
        "No second factor",
        "The account has no second factor. Begin with POST /v1/auth/second-factor.",
    ),
    "transition_refused": Kind(
        409,
        "Không thể chuyển trạng thái",
        "Đang ở trạng thái “{state}” nên không thể thực hiện “{action}”. "
        "Hãy tải lại và chọn một việc trong allowed_actions.",
        "Transition refused",
        "In state “{state}” the action “{action}” is not possible. Load it again and take one of allowed_actions.",
    ),
    "appraisal_not_in_favour": Kind(
        409,
        "Ý kiến thẩm định không đề nghị khen thưởng",
        "Ý kiến thẩm định là “{opinion}” nên không thực hiện được “{action}”. Hãy thẩm định lại, trả lại hoặc từ chối.",
        "The appraisal is not in favour",
        "The appraisal says “{opinion}”, so “{action}” is not possible. Appraise it again, return it or reject it.",
    ),
    "submit_with_dossier": Kind(
        409,
        "Đề nghị đang soạn được nộp cùng hồ sơ",
        "Đề nghị này chưa nộp lần nào. Hãy nộp hồ sơ của nó bằng POST /v1/dossiers/{{dossier_id}}/submit.",
        "A draft goes with its dossier",
        "This nomination was never submitted. Submit its dossier with POST /v1/dossiers/{{dossier_id}}/submit.",
    ),
    "already_awarded": Kind(
        409,
        "Đã được khen thưởng",
        "Đối tượng này đã được tặng loại khen thưởng này của năm {year}. Hãy kiểm tra lại năm hoặc loại khen thưởng.",
        "Already awarded",
        "This candidate already holds this award type of the year {year}. Check the year or the award type.",
    ),
    "dossier_full": Kind(
        409,
        "Hồ sơ đã đủ số đề nghị",
        "Một hồ sơ chứa tối đa {most} đề nghị. Hãy lập hồ sơ khác cho các đề nghị còn lại.",
        "The dossier is full",
        "A dossier holds at most {most} nominations. Draft another dossier for the rest.",
    ),
    "body_ended": Kind(
        409,
        "Cơ quan đã kết thúc hoạt động",
        "{authority} đã kết thúc hoạt động từ {ended}. Hãy thực hiện tại cơ quan kế thừa.",
        "The body has ended",
        "{authority} ended on {ended}. Act for its successor.",
    ),
    "not_at_your_desk": Kind(
        409,
        "Hồ sơ đang ở nơi khác xử lý",
        "Hồ sơ đang do {holder} xử lý, chỉ nơi đó mới thực hiện được “{action}”. Hãy liên hệ nơi đó.",
        "Held elsewhere",
        "The nomination is with {holder}; only that body can perform “{action}”. Turn to them.",
    ),
    "not_editable": Kind(
        409,
        "Không sửa được ở trạng thái này",
        "Chỉ sửa được khi đang soạn hoặc bị trả lại; hiện đang ở trạng thái “{state}”. "
        "Hãy đề nghị nơi đang xử lý trả lại trước khi sửa.",
        "Not editable in this state",
        "Only drafts and returned items can be edited; this one is “{state}”. Ask whoever holds it to return it.",
    ),
    "dossier_empty": Kind(
        409,
        "Hồ sơ chưa có đề nghị nào",
        "Hãy thêm ít nhất một đề nghị khen thưởng vào hồ sơ trước khi nộp.",
        "Empty dossier",
        "Add at least one nomination before submitting.",
    ),
    "dossier_incomplete": Kind(
        409,
        "Hồ sơ chưa đầy đủ",
        "Hồ sơ còn thiếu: {missing}. Hãy bổ sung rồi nộp lại.",
        "Dossier incomplete",
        "The dossier lacks: {missing}. Add it and submit again.",
    ),
    "nothing_to_submit": Kind(
        409,
        "Không có đề nghị nào để nộp",
        "Mọi đề nghị trong hồ sơ đã được nộp và không có đề nghị nào bị trả lại cho đơn vị. "
        "Hãy theo dõi từng đề nghị, hoặc thêm đề nghị mới.",
        "Nothing to submit",
        "Every nomination is submitted already and none is back with the unit. Follow them, or add another.",
    ),
    "duplicate_nomination": Kind(
        409,
        "Đề nghị trùng",
        "Đối tượng này đã có một đề nghị khác đang xử lý cho cùng danh hiệu hoặc hình thức khen thưởng trong năm. "
        "Hãy theo dõi đề nghị đó, hoặc rút nó trước khi đề nghị lại.",
        "Duplicate nomination",
        "This candidate already has an open nomination for the same award type and year. "
        "Follow that one, or withdraw it first.",
    ),
    "legal_document_exists": Kind(
        409,
        "Văn bản đã có",
        "Đã có văn bản cùng cơ quan ban hành, cùng số, ký hiệu và cùng ngày. Hãy dùng văn bản đã có.",
        "Document exists",
        "A document of this issuer with this number, symbol and date is already stored. Use that one.",
    ),
    "decision_number_taken": Kind(
        409,
        "Số quyết định đã dùng",
        "Số quyết định này đã được cấp cho một quyết định khác trong năm. Hãy gửi lại để nhận số kế tiếp.",
        "Decision number taken",
        "This number is already used by another decision of the year. Send it again to get the next one.",
    ),
    "decision_backdated": Kind(
        409,
        "Ngày quyết định lùi trước quyết định gần nhất",
        "Số quyết định tăng theo ngày: ngày quyết định không được trước {latest}, ngày của quyết định gần nhất trong năm. "
        "Hãy chọn từ ngày đó trở đi.",
        "Back-dated decision",
        "Numbers follow dates: the decision date must not lie before {latest}, the date of the last one of the year. Choose that day or later.",
    ),
    "deployment_exists": Kind(
        409,
        "Đơn vị đã triển khai phong trào này",
        "Đơn vị này đã có bản ghi triển khai cho phong trào. Hãy cập nhật bản ghi đó.",
        "Deployment exists",
        "This unit already has a deployment of the campaign. Update that one.",
    ),
    "username_taken": Kind(
        409,
        "Tên đăng nhập đã dùng",
        "Tên đăng nhập này đã có người dùng. Hãy chọn tên khác.",
        "User name taken",
        "Somebody already has this user name. Choose another one.",
    ),
    "grant_exists": Kind(
        409,
        "Đã có phân quyền này",
        "Người này đã có đúng vai trò, đơn vị và phạm vi này trong thời gian đó. "
        "Hãy dùng phân quyền đã có, hoặc chọn ngày bắt đầu sau khi nó kết thúc.",
        "Grant exists",
        "This user already holds this role at this body with this reach in that time. "
        "Use that grant, or begin after its end.",
    ),
    "too_many_grants": Kind(
        409,
        "Quá nhiều phân quyền",
        "Một người có tối đa {most} phân quyền chưa kết thúc. Hãy kết thúc bớt phân quyền không còn dùng.",
        "Too many grants",
        "A user holds at most {most} grants that have not ended. End those that are no longer used.",
    ),
    "signer_exists": Kind(
        409,
        "Đã giao ký",
        "Người này đã được giao ký theo hình thức này tại đơn vị trong thời gian đó. "
        "Hãy dùng việc giao ký đã có, hoặc chọn ngày bắt đầu sau khi nó kết thúc.",
        "Already a signer",
        "This user may already sign in this form for this body in that time. Use that record, or begin after its end.",
    ),
    "conflict": Kind(
        409,
        "Trùng với dữ liệu đã có",
        "Dữ liệu gửi lên trùng với một bản ghi đã có. Hãy tìm và dùng bản ghi đó, hoặc sửa phần bị trùng.",
        "Conflict",
        "What was sent collides with an existing record. Use that one, or change what is the same.",
    ),
    "busy": Kind(
        409,
        "Đang có người khác cập nhật",
        "Bản ghi đang được một yêu cầu khác xử lý. Hãy thử lại sau giây lát.",
        "Busy",
        "Another request is working on this record. Try again in a moment.",
    ),
    "version_mismatch": Kind(
        412,
        "Dữ liệu đã thay đổi",
        "Bản ghi đã được cập nhật sau khi bạn đọc. Hãy tải lại bản mới nhất (ETag {etag}) rồi thực hiện lại.",
        "Changed meanwhile",
        "The record changed after you read it. Load it again (ETag {etag}) and retry.",
    ),
    "body_too_large": Kind(
        413,
        "Nội dung gửi lên quá lớn",
        "Phần thân yêu cầu vượt quá {limit} byte. Hãy chia nhỏ hoặc rút gọn rồi gửi lại.",
        "Body too large",
        "The request body exceeds {limit} bytes. Split or shorten it.",
    ),
    "unsupported_media_type": Kind(
        415,
        "Kiểu nội dung không được hỗ trợ",
        "Yêu cầu này chỉ nhận một kiểu nội dung. Hãy gửi với Content-Type: {expected}.",
        "Unsupported media type",
        "This request takes one media type. Send it as Content-Type: {expected}.",
    ),
    # ------------------------------------------------------------ content
    "invalid_input": Kind(
        422,
        "Dữ liệu không hợp lệ",
        "Có {count} chỗ chưa hợp lệ. Hãy sửa từng chỗ nêu ở errors rồi gửi lại.",
        "Invalid input",
        "{count} value(s) are invalid. Correct each place named in errors and send it again.",
    ),
    "invalid_cursor": Kind(
        422,
        "Con trỏ trang không hợp lệ",
        "Tham số cursor không đúng. Hãy dùng nguyên giá trị next_cursor của trang trước với cùng bộ lọc.",
        "Invalid cursor",
        "Use next_cursor of the previous page unchanged, with the same filters.",
    ),
    "unknown_reference": Kind(
        422,
        "Tham chiếu không tồn tại",
        "{field}: không có {what} này, hoặc tài khoản không được dùng. Hãy tìm trong danh sách rồi chọn lại.",
        "Unknown reference",
        "{field}: no such {what}, or you may not use it. Choose one of the list.",
    ),
    "award_outside_competence": Kind(
        422,
        "Ngoài thẩm quyền khen thưởng",
        "{authority} không có thẩm quyền quyết định “{award_type}” vào ngày {on}. Căn cứ: {rule}. "
        "Hãy trình cơ quan có thẩm quyền.",
        "Outside competence",
        "{authority} may not decide “{award_type}” on {on}. Rule: {rule}. Forward it to a body that may.",
    ),
    "award_not_for_recipient": Kind(
        422,
        "Không đúng đối tượng khen thưởng",
        "“{award_type}” không dành cho {recipient}. Căn cứ: {rule}. Hãy chọn loại khen thưởng khác.",
        "Wrong recipient",
        "“{award_type}” is not for {recipient}. Rule: {rule}. Choose another award type.",
    ),
    "campaign_not_open": Kind(
        409,
        "Phong trào chưa phát động hoặc đã đóng",
        "Phong trào đang ở trạng thái “{state}”, không nhận thao tác này. Hãy chọn phong trào đang diễn ra.",
        "Campaign not open",
        "The campaign is “{state}” and does not take this. Choose one that is running.",
    ),
    "launch_document_required": Kind(
        409,
        "Thiếu văn bản phát động",
        "Phong trào chưa có văn bản phát động. Hãy lưu kế hoạch hoặc quyết định rồi gắn vào launch_document_id.",
        "Launch document required",
        "The campaign has no launch document. Store the plan or decision and name it in launch_document_id.",
    ),
    "parent_not_launched": Kind(
        409,
        "Phong trào cấp trên chưa phát động",
        "Phong trào cấp trên đang ở trạng thái “{state}”, chưa thể phát động phong trào cấp dưới. "
        "Hãy chờ cấp trên phát động, hoặc bỏ parent_id.",
        "Parent not launched",
        "The parent campaign is “{state}”. Wait until it is launched, or clear parent_id.",
    ),
    "campaign_taken_up": Kind(
        409,
        "Phong trào đã được triển khai",
        "Đã có đơn vị triển khai hoặc có phong trào cấp dưới thực hiện phong trào này nên không thể hủy. "
        "Hãy kết thúc phong trào, nêu rõ lý do.",
        "Campaign taken up",
        "Units deployed this campaign, or campaigns below carry it out. Conclude it with a reason instead.",
    ),
    "outside_campaign_scope": Kind(
        422,
        "Không thuộc phạm vi phong trào",
        "{authority} không nằm dưới cơ quan phát động, theo địa bàn hay theo hệ thống, nên không triển khai phong trào này. "
        "Hãy chọn đơn vị hoặc phong trào khác.",
        "Outside the campaign's scope",
        "{authority} does not stand below the launcher, by territory or line, and does not carry out this campaign. "
        "Choose another unit or campaign.",
    ),
    "not_below_parent": Kind(
        422,
        "Không thuộc phạm vi phong trào cấp trên",
        "Chỉ cơ quan nằm dưới cơ quan phát động phong trào cấp trên, theo địa bàn hoặc theo hệ thống, mới được triển khai. "
        "Hãy chọn phong trào cấp trên khác.",
        "Outside the parent's scope",
        "Only a body below the parent's launcher, by territory or line, may carry it out. Choose another parent.",
    ),
    "no_next_level": Kind(
        409,
        "Không có cấp trên để trình",
        "Theo quy trình, không cơ quan cấp trên nào nhận hồ sơ này từ {authority}. Hãy trả lại hoặc quyết định tại đây.",
        "No higher level",
        "By the workflow no higher body takes this from {authority}. Return it, or decide it here.",
    ),
    "precondition_required": Kind(
        428,
        "Thiếu If-Match",
        "Hãy gửi tiêu đề If-Match với ETag của bản bạn đã đọc, để không ghi đè thay đổi của người khác.",
        "If-Match required",
        "Send If-Match with the ETag you read, so that nobody's change is overwritten.",
    ),
    "idempotency_key_required": Kind(
        400,
        "Thiếu Idempotency-Key",
        "Hãy gửi tiêu đề Idempotency-Key (chuỗi 8–255 ký tự, mỗi thao tác một giá trị) để gửi lại an toàn khi mất mạng.",
        "Idempotency-Key required",
        "Send Idempotency-Key (8–255 characters, one per operation), so that it can be retried safely.",
    ),
    "idempotency_key_reused": Kind(
        422,
        "Idempotency-Key đã dùng cho nội dung khác",
        "Khóa này đã được dùng cho một yêu cầu có nội dung khác. Hãy dùng khóa mới.",
        "Idempotency-Key reused",
        "This key was used for a request with other content. Use a new key.",
    ),
    "too_many_requests": Kind(
        429,
        "Quá nhiều yêu cầu",
        "Đã vượt số lần cho phép. Hãy thử lại sau {seconds} giây.",
        "Too many requests",
        "The limit is exceeded. Try again in {seconds} seconds.",
    ),
    "internal_error": Kind(
        500,
        "Lỗi hệ thống",
        "Hệ thống gặp lỗi ngoài dự kiến; chưa có gì được lưu. Hãy thử lại, nếu vẫn lỗi thì báo quản trị kèm mã yêu cầu.",
        "Internal error",
        "Something unexpected happened; nothing was saved. Retry, or report the request id.",
    ),
    "unavailable": Kind(
        503,
        "Tạm thời chưa phục vụ được",
        "Cơ sở dữ liệu chưa sẵn sàng. Hãy thử lại sau giây lát.",
        "Temporarily unavailable",
        "The database is not ready. Try again in a moment.",
    ),
}


class Problem(Exception):
    """A refusal. `facts` fill the registry's sentence; `extensions` are further members of the answer."""

    def __init__(
        self,
        code: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        extensions: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **facts: object,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.kind = REGISTRY[code]
        self.errors = tuple(errors)
        self.extensions = dict(extensions or {})
        self.headers = dict(headers or {})
        self.facts = facts

    def body(self, *, language: str, base_url: str, request_id: str) -> dict[str, Any]:
        """The RFC 9457 object, in `language` ("vi" or "en")."""
        english = language == "en"
        kind = self.kind
        detail = (kind.detail_en if english else kind.detail).format(**self.facts)
        body: dict[str, Any] = {
            "type": f"{base_url}/problems/{self.code}",
            "title": kind.title_en if english else kind.title,
            "status": kind.status,
            "detail": detail,
            "instance": f"urn:request:{request_id}",
            "code": self.code,
        }
        if "field" in self.facts:
            # a refusal about one place of the request names it like an input error does
            body["errors"] = [{"pointer": str(self.facts["field"]), "code": self.code, "detail": detail}]
        if self.errors:
            body["errors"] = [
                {
                    "pointer": error["pointer"],
                    "code": error["code"],
                    "detail": error["detail_en"] if english else error["detail"],
                }
                for error in self.errors
            ]
        return body | self.extensions


def field_problem(pointer: str, code: str, detail: str, detail_en: str) -> Problem:
    """A 422 about one field: `pointer` is a JSON pointer into the body, or `?name` for a query parameter."""
    error = {"pointer": pointer, "code": code, "detail": detail, "detail_en": detail_en}
    return Problem("invalid_input", errors=[error], count=1)


def preferred_language(accept_language: str | None) -> str:
    """ "en" where the caller prefers English to Vietnamese (RFC 9110 §12.5.4), else "vi"."""
    weights = {"vi": 0.0, "en": 0.0}
    for part in (accept_language or "").lower().split(","):
        name, _, parameters = part.strip().partition(";")
        language = name.split("-")[0].strip()
        if language not in weights:
            continue
        quality = parameters.strip().removeprefix("q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        weights[language] = max(weights[language], weight)
    return "en" if weights["en"] > weights["vi"] else "vi"
