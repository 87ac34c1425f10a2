"""/v1/campaigns/{id}/deployments, /cascade và /v1/deployments: các đơn vị triển khai phong trào."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app.answers import json_answer, not_modified, unchanged
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor
from app.models.deployments import (
    Cascade,
    DeploymentDeploy,
    DeploymentIn,
    DeploymentOut,
    DeploymentPage,
    DeploymentReport,
)
from app.pages import PageQuery
from app.routing import StrictRoute
from app.services import campaigns, deployments
from app.shapes import Id
from app.vocabularies import DeploymentState, Permission
from app.writes import SessionAct, SessionCreate

router = APIRouter(tags=["campaigns"], route_class=StrictRoute)


class DeploymentQuery(PageQuery):
    """Filters of the list."""

    state: Annotated[
        list[DeploymentState],
        Field(default_factory=list, max_length=10, description="Một hoặc nhiều trạng thái"),
    ]


@router.get(
    "/campaigns/{campaign_id}/deployments",
    response_model=DeploymentPage,
    summary="Các đơn vị triển khai phong trào",
    openapi_extra=operation(Permission.DEPLOYMENT_READ),
)
async def list_deployments(
    campaign_id: Id, query: Annotated[DeploymentQuery, Query()], actor: CurrentActor, reads: Read
) -> Response:
    """Việc triển khai của các đơn vị trong phạm vi, mới nhất trước."""
    page = await deployments.list_deployments(
        reads, actor, campaign_id, limit=query.limit, cursor=query.cursor, states=query.state
    )
    return json_answer(page)


@router.post(
    "/campaigns/{campaign_id}/deployments",
    status_code=201,
    response_model=DeploymentOut,
    summary="Tiếp nhận phong trào",
    openapi_extra=operation(Permission.DEPLOYMENT_WRITE),
)
async def create_deployment(campaign_id: Id, body: DeploymentIn, write: SessionCreate) -> Response:
    """Đơn vị tiếp nhận phong trào đã phát động của cấp trên, có thể nêu sẵn cam kết và chỉ tiêu."""
    return await write.create("/v1/deployments", deployments.create_deployment, campaign_id, body)


@router.get(
    "/campaigns/{campaign_id}/cascade",
    response_model=Cascade,
    summary="Phong trào từ trên xuống dưới",
    openapi_extra=operation(Permission.DEPLOYMENT_READ),
)
async def read_cascade(campaign_id: Id, actor: CurrentActor, reads: Read) -> Response:
    """Từ phong trào cao nhất đến mọi phong trào thực hiện nó, độ trễ từng cấp, và đơn vị chưa triển khai."""
    return json_answer(await campaigns.read_cascade(reads, actor, campaign_id))


@router.get(
    "/deployments/{deployment_id}",
    response_model=DeploymentOut,
    summary="Việc triển khai của một đơn vị",
    openapi_extra=operation(Permission.DEPLOYMENT_READ, conditional=True),
)
async def read_deployment(deployment_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Một đơn vị đã làm gì với một phong trào."""
    found = await deployments.find_deployment(reads, actor, deployment_id)
    if unchanged(request, found.etag):
        return not_modified(found.etag)
    return json_answer(found.answer(), etag=found.etag)


@router.post(
    "/deployments/{deployment_id}/deploy",
    response_model=DeploymentOut,
    summary="Triển khai tại đơn vị",
    openapi_extra=operation(Permission.DEPLOYMENT_WRITE),
)
async def deploy_deployment(deployment_id: Id, body: DeploymentDeploy, write: SessionAct) -> Response:
    """Văn bản phát động của đơn vị và ít nhất một mô hình hoặc công trình cam kết."""
    return await write.act(deployments.deploy_deployment, deployment_id, body)


@router.post(
    "/deployments/{deployment_id}/report",
    response_model=DeploymentOut,
    summary="Báo cáo kết quả",
    openapi_extra=operation(Permission.DEPLOYMENT_WRITE),
)
async def report_deployment(deployment_id: Id, body: DeploymentReport, write: SessionAct) -> Response:
    """Kết quả của đơn vị; chỉ tiêu và cam kết đã nêu không đổi."""
    return await write.act(deployments.report_deployment, deployment_id, body)
