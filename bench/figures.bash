# shellcheck shell=bash
# figures.bash - how the scripts here print and record what they measured. Source it; set $bench and $output.
#
#   figures_begin                       the head of the table
#   figure METRIC VALUE UNIT AIM NOTE   a line of it, and one JSON object in $output; AIM is a maximum, or empty

# shellcheck disable=SC2154  # bench and output come from the caller
figures_begin() {
  commit=$(git -C "$(dirname "${BASH_SOURCE[0]}")" rev-parse --short HEAD 2>/dev/null || echo unknown)
  mkdir -p "$(dirname "$output")"
  printf '%-22s %9s  %-8s %8s  %-3s\n' figure value unit aim met
}
figure() {
  local met=-
  [[ -z $4 ]] || met=$(awk -v v="$2" -v a="$4" 'BEGIN { print v + 0 <= a + 0 ? "yes" : "no" }')
  printf '%-22s %9s  %-8s %8s  %-3s  %s\n' "$1" "$2" "$3" "${4:+<= $4}" "$met" "$5"
  jq -nc --arg bench "$bench" --arg metric "$1" --argjson value "$2" --arg unit "$3" --arg aim "$4" --arg met "$met" \
    --arg commit "$commit" '{bench: $bench, metric: $metric, value: $value, unit: $unit,
      aim: (if $aim == "" then null else "<= " + $aim end), met: (if $met == "-" then null else $met == "yes" end),
      commit: $commit}' >>"$output"
}
