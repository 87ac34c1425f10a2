# The server for production; the embedded PostgreSQL is for development only. It says what is missing or weak and does
# not start before DATABASE_URL, SIGNING_KEY_FILE, DATA_KEY_FILE, TOKEN_ISSUER and PUBLIC_URL are those of this installation.
#   docker run -p 8000:8000 -e DATABASE_URL='postgresql://…?sslmode=verify-full&sslrootcert=/run/secrets/ca.pem'
#     -e SIGNING_KEY_FILE=/run/secrets/signing.pem -e DATA_KEY_FILE=/run/secrets/data-key.txt -e TOKEN_ISSUER=https://… -e PUBLIC_URL=https://… tdkt-api
FROM python:3.13-slim AS packages
COPY requirements.lock .
RUN python -m venv /venv \
    && /venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ENVIRONMENT=production \
    HOST=0.0.0.0 \
    PORT=8000
RUN useradd --system --no-create-home --uid 10001 tdkt
COPY --from=packages /venv /venv
WORKDIR /srv
COPY app app
COPY alembic alembic
USER tdkt
EXPOSE 8000
# the first start migrates and loads the reference data, hence the long start period
HEALTHCHECK --interval=10s --timeout=3s --start-period=90s CMD ["python", "-c", \
    "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz', timeout=2)"]
# run applies the migrations first; several containers may start at once, one does the work and the others wait
CMD ["python", "-m", "app", "run"]
