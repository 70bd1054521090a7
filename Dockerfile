# The image of cilium-oncall: docker build -t cilium-oncall .
# To pin the base, give its digest: --build-arg BASE=python:3.11-slim-bookworm@sha256:...
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/cilium-oncall
# Dependencies first: they change less often than the code. Every one is checked by its hash.
COPY requirements.txt ./
RUN /opt/cilium-oncall/bin/pip install --require-hashes --only-binary :all: -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY runbooks runbooks
RUN /opt/cilium-oncall/bin/pip install --no-deps --no-build-isolation --no-index .
# What only served to build does not run in production.
RUN /opt/cilium-oncall/bin/pip uninstall --yes \
    hatchling packaging pathspec pluggy tomlkit trove-classifiers setuptools pip

FROM ${BASE}
# No home, no shell, no name to look up: Kubernetes checks runAsNonRoot by the number.
COPY --from=build /opt/cilium-oncall /opt/cilium-oncall
ENV PATH=/opt/cilium-oncall/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /tmp
USER 10001:10001
EXPOSE 3000
ENTRYPOINT ["cilium-oncall"]
CMD ["serve", "--config", "/etc/cilium-oncall/bot.yaml"]
