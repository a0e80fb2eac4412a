FROM python:3.13-slim AS build
WORKDIR /source
COPY requirements.lock requirements-build.lock pyproject.toml README.md LICENSE config.default.ini ./
COPY artwork_indexer artwork_indexer
COPY audit audit
COPY sql sql
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock -r requirements-build.lock \
 && /opt/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
COPY --from=build /opt/venv /opt/venv
RUN useradd --system --no-create-home artwork-indexer
USER artwork-indexer
WORKDIR /config
ENV PYTHONUNBUFFERED=1
ENTRYPOINT ["/opt/venv/bin/artwork-indexer"]
CMD ["run"]
