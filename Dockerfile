# Any image with Python 3.11 and its venv module can stand in for the base: docker/prove.sh uses Debian's own.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /srv/plumbline
COPY requirements.lock ./
# pip and setuptools have no place in the running image.
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
      --require-hashes --only-binary :all: -r requirements.lock \
 && /opt/venv/bin/python -m pip uninstall --quiet --yes setuptools pip \
 && rm requirements.lock
COPY app/ app/
COPY cards/ cards/
# The root file system is read-only later: bytecode is written now, and never looked up by date.
# So is the content, checked: a start reads it back unless other cards are mounted.
ENV PLUMBLINE_COMPILED=/srv/plumbline/content
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash app \
 && /opt/venv/bin/python -m app compile

# The list of what the image holds (CycloneDX), made by a tool that stays out of it.
FROM ${BASE} AS sbom
WORKDIR /sbom
COPY docker/sbom.lock ./
RUN python3 -m venv /opt/sbom \
 && /opt/sbom/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
      --require-hashes --only-binary :all: -r sbom.lock
COPY --from=build /opt/venv /opt/venv
RUN /opt/sbom/bin/cyclonedx-py environment --output-reproducible --output-format JSON \
      --output-file sbom.json /opt/venv/bin/python

FROM ${BASE}
LABEL org.opencontainers.image.title="Plumbline" \
      org.opencontainers.image.description="A CDS Hooks service for low back pain" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/srv/plumbline \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PLUMBLINE_MODE=production \
    PLUMBLINE_HOST=0.0.0.0 \
    PLUMBLINE_PORT=8000 \
    PLUMBLINE_CARDS=/srv/plumbline/cards \
    PLUMBLINE_COMPILED=/srv/plumbline/content
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/plumbline /srv/plumbline
COPY --from=sbom /sbom/sbom.json /srv/plumbline/sbom.json
WORKDIR /srv/plumbline
RUN install -d -m 0700 -o 10001 -g 10001 /var/lib/plumbline
VOLUME /var/lib/plumbline
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["python", "-c", "import os, ssl, urllib.request as r; r.urlopen('http' + 's' * ('PLUMBLINE_TLS_CERTIFICATE' in os.environ) + '://127.0.0.1:' + os.environ['PLUMBLINE_PORT'] + '/health/live', timeout=2, context=ssl._create_unverified_context())"]
ENTRYPOINT ["python", "-m", "app"]
CMD ["serve"]
