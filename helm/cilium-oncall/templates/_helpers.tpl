{{- define "cilium-oncall.name" -}}
{{- .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "cilium-oncall.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* For names outside the release's namespace, where two releases could meet. */}}
{{- define "cilium-oncall.qualified" -}}
{{- printf "%s-%s" .Release.Namespace (include "cilium-oncall.fullname" .) }}
{{- end }}

{{- define "cilium-oncall.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "cilium-oncall.fullname" .) }}
{{- else }}
{{- required "serviceAccount.name is needed when serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "cilium-oncall.subjects" -}}
- kind: ServiceAccount
  name: {{ include "cilium-oncall.serviceAccount" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{- define "cilium-oncall.selector" -}}
app.kubernetes.io/name: {{ include "cilium-oncall.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "cilium-oncall.labels" -}}
{{ include "cilium-oncall.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "cilium-oncall.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{- /* bot.yaml: the values under config, and this cluster seen from inside. */}}
{{- define "cilium-oncall.bot.yaml" -}}
{{- if hasKey .Values.config.clusters .Values.cilium.cluster }}
{{- fail (printf "config.clusters.%s: this name is taken by the cluster the chart is installed in; set cilium.cluster to that cluster's own name" .Values.cilium.cluster) }}
{{- end }}
{{- $here := dict "in_cluster" true "cilium_namespace" .Values.cilium.namespace }}
{{- $clusters := merge (dict .Values.cilium.cluster $here) .Values.config.clusters }}
{{- range $channel, $cluster := .Values.config.channels }}
{{- if not (hasKey $clusters $cluster) }}
{{- fail (printf "config.channels.%s: no cluster %s; there is %s" $channel $cluster (keys $clusters | sortAlpha | join ", ")) }}
{{- end }}
{{- end }}
{{- $said := dict "clusters" $clusters }}
{{- if .Values.access }}
{{- if .Values.config.access }}
{{- fail "access and config.access are both given: keep the rules here, or name a file of your own" }}
{{- end }}
{{- $_ := set $said "access" "access.yaml" }}
{{- end }}
{{- include "cilium-oncall.changes" . }}
{{- if .Values.approvals }}
{{- $_ := set $said "approvals" "approvals.yaml" }}
{{- end }}
{{- toYaml (merge $said .Values.config) }}
{{- end }}

{{- /* Where the key named by a value under slack.keys is mounted; a token in its place is refused. */}}
{{- define "cilium-oncall.slackFile" -}}
{{- if regexMatch "^(xox[a-z]|xapp)[-.]" . }}
{{- fail "slack.keys: a token stands where the name of a key of slack.existingSecret belongs; replace the token in Slack, Helm keeps values" }}
{{- end }}
{{- printf "/etc/cilium-oncall/slack/%s" . }}
{{- end }}

{{- /* Rights to change and rules for it come together; nothing is rendered, wrong values are refused. */}}
{{- define "cilium-oncall.changes" -}}
{{- $ruled := or .Values.approvals .Values.config.approvals }}
{{- if and .Values.approvals .Values.config.approvals }}
{{- fail "approvals and config.approvals are both given: keep the rules here, or name a file of your own" }}
{{- end }}
{{- if and .Values.changes.enabled (not $ruled) }}
{{- fail "changes.enabled: nobody could approve a change; say who may under approvals (docs/approvals.md)" }}
{{- end }}
{{- if and $ruled (not .Values.changes.enabled) }}
{{- fail "approvals are given, but the bot has no right to change anything: set changes.enabled=true, or take them out" }}
{{- end }}
{{- if and .Values.changes.enabled .Values.config.store.url (not .Values.changes.existingSecret) }}
{{- fail "changes.existingSecret: with config.store.url the key of seals must come from a Secret of yours, so that who can write to the store cannot approve" }}
{{- end }}
{{- if and .Values.helm.changes (not (and .Values.helm.enabled .Values.changes.enabled)) }}
{{- fail "helm.changes: changing the release needs helm.enabled=true, to read it, and changes.enabled=true" }}
{{- end }}
{{- end }}
