# proface serve: CPU, weights inside, no root. It runs with the network off and the disk read-only:
#
#   docker build -t proface .
#   docker run --rm --read-only --cap-drop ALL -p 127.0.0.1:8000:8000 \
#     -v "$PWD/token:/run/secrets/proface-token:ro" proface
#
# docs/howto/team.md has the rest.

FROM python:3.12-slim AS build
WORKDIR /src
COPY requirements.lock requirements-build.lock ./
# Every file is one whose hash is in a lock; `python dev.py lock` makes them.
RUN python -m venv /opt/proface \
  && /opt/proface/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
  && python -m venv /opt/builder \
  && /opt/builder/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock
COPY . .
RUN /opt/builder/bin/pip wheel --no-deps --no-build-isolation --no-cache-dir --wheel-dir /wheels . \
  && /opt/proface/bin/pip install --no-deps --no-index --no-cache-dir /wheels/*.whl

FROM python:3.12-slim
COPY --from=build /opt/proface /opt/proface
ENV PATH=/opt/proface/bin:$PATH PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --no-create-home --uid 10001 proface
USER 10001
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
ENTRYPOINT ["proface", "serve", "--host", "0.0.0.0", "--token-file", "/run/secrets/proface-token"]
