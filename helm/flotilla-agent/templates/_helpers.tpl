{{- define "flotilla-agent.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "flotilla-agent.selectorLabels" -}}
app.kubernetes.io/name: flotilla-agent
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "flotilla-agent.labels" -}}
{{ include "flotilla-agent.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: flotilla
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "flotilla-agent.joinTokenSecret" -}}
{{- if .Values.hub.existingSecret -}}
{{- .Values.hub.existingSecret -}}
{{- else if .Values.hub.joinToken -}}
{{- include "flotilla-agent.name" . }}-join-token
{{- end -}}
{{- end -}}

{{- define "flotilla-agent.identitySecret" -}}
{{- include "flotilla-agent.name" . }}-identity
{{- end -}}

{{- define "flotilla-agent.check" -}}
{{- if and .Values.hub.address (not .Values.cluster.name) -}}
{{- fail "cluster.name is required when hub.address is set: it names this cluster in the fleet" -}}
{{- end -}}
{{- if and .Values.hub.joinToken .Values.hub.existingSecret -}}
{{- fail "set hub.joinToken or hub.existingSecret, not both" -}}
{{- end -}}
{{- if and .Values.sync.url (not .Values.sync.path) -}}
{{- fail "sync.path is required when sync.url is set: it is this cluster's folder in the repository, e.g. ./clusters/prod" -}}
{{- end -}}
{{- end -}}
