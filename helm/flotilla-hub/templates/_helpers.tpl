{{- define "flotilla-hub.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "flotilla-hub.selectorLabels" -}}
app.kubernetes.io/name: flotilla-hub
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "flotilla-hub.labels" -}}
{{ include "flotilla-hub.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: flotilla
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "flotilla-hub.agentService" -}}
{{- include "flotilla-hub.name" . }}-agents
{{- end -}}

{{- /* Where agents of the same cluster reach the hub. */ -}}
{{- define "flotilla-hub.agentHost" -}}
{{- printf "%s.%s.svc" (include "flotilla-hub.agentService" .) .Release.Namespace -}}
{{- end -}}

{{- define "flotilla-hub.caSecret" -}}
{{- .Values.ca.existingSecret | default (printf "%s-ca" (include "flotilla-hub.name" .)) -}}
{{- end -}}

{{- define "flotilla-hub.adminSecret" -}}
{{- .Values.adminToken.existingSecret | default (printf "%s-admin-token" (include "flotilla-hub.name" .)) -}}
{{- end -}}

{{- define "flotilla-hub.check" -}}
{{- if and (gt (int .Values.replicas) 1) (not .Values.database.existingSecret) -}}
{{- fail "replicas above 1 need database.existingSecret: an embedded PostgreSQL belongs to one replica" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "ingress.host is required when ingress.enabled is true" -}}
{{- end -}}
{{- if and .Values.ingress.tlsSecret (not .Values.ingress.enabled) -}}
{{- fail "ingress.tlsSecret has no effect while ingress.enabled is false" -}}
{{- end -}}
{{- end -}}
