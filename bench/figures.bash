# shellcheck shell=bash
# figures.bash - how the scripts here print and record what they measured. Source it; set $bench and $output.
#
#   figures_begin                       the head of the table
#   figure METRIC VALUE UNIT AIM NOTE   a line of it, and one JSON object in $output; AIM is a maximum,
#                                       a minimum where it begins with >=, or empty

# shellcheck disable=SC2154  # bench and output come from the caller
figures_begin() {
  commit=$(git -C "$(dirname "${BASH_SOURCE[0]}")" rev-parse --short HEAD 2>/dev/null || echo unknown)
  mkdir -p "$(dirname "$output")"
  printf '%-22s %9s  %-8s %8s  %-3s\n' figure value unit aim met
}
figure() {
  local met=- aim=${4:+<= $4}
  [[ $4 != '>='* ]] || aim=">= ${4#>=}"
  [[ -z $4 ]] || met=$(awk -v v="$2" -v a="${aim:3}" -v least="${aim:0:1}" \
    'BEGIN { print (least == ">" ? v + 0 >= a + 0 : v + 0 <= a + 0) ? "yes" : "no" }')
  printf '%-22s %9s  %-8s %8s  %-3s  %s\n' "$1" "$2" "$3" "$aim" "$met" "$5"
  jq -nc --arg bench "$bench" --arg metric "$1" --argjson value "$2" --arg unit "$3" --arg aim "$aim" --arg met "$met" \
    --arg commit "$commit" '{bench: $bench, metric: $metric, value: $value, unit: $unit,
      aim: (if $aim == "" then null else $aim end), met: (if $met == "-" then null else $met == "yes" end),
      commit: $commit}' >>"$output"
}
