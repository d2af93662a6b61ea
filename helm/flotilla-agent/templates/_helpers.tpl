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
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "flotilla-agent.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "flotilla-agent.name" .) -}}
{{- end -}}

{{- /* Names of what belongs to no namespace: a colon cannot be in the name of a namespace or a release. */ -}}
{{- define "flotilla-agent.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "flotilla-agent.name" .) -}}
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

{{- define "flotilla-agent.standingConfigMap" -}}
{{- include "flotilla-agent.name" . }}-standing
{{- end -}}

{{- define "flotilla-agent.check" -}}
{{- if and .Values.hub.address (not .Values.cluster.name) -}}
{{- fail "cluster.name is required when hub.address is set: it names this cluster in the fleet" -}}
{{- end -}}
{{- if and (or .Values.hub.joinToken .Values.hub.existingSecret) (not .Values.hub.address) -}}
{{- fail "hub.address is required with a join token: it is host:port of the hub's agent port" -}}
{{- end -}}
{{- if and .Values.hub.joinToken .Values.hub.existingSecret -}}
{{- fail "set hub.joinToken or hub.existingSecret, not both" -}}
{{- end -}}
{{- if and .Values.sync.url (not .Values.sync.path) -}}
{{- fail "sync.path is required when sync.url is set: it is this cluster's folder in the repository, e.g. ./clusters/prod" -}}
{{- end -}}
{{- if and (not .Values.serviceAccount.create) (not .Values.serviceAccount.name) -}}
{{- fail "serviceAccount.name is required when serviceAccount.create is false" -}}
{{- end -}}
{{- end -}}
