#!/usr/bin/env bash
# complete.bash FOLDER LINE - what bash offers at the end of LINE, by the completions in FOLDER; a word a line.
folder=$1
read -r -a COMP_WORDS <<<"$2"
[[ $2 != *' ' ]] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
# shellcheck source=/dev/null
source "$folder/${COMP_WORDS[0]}.bash"
# `complete -F FUNCTION NAME`; compopt is for a line that is being edited.
compopt() { :; }
function=$(complete -p "${COMP_WORDS[0]}" | sed -n 's/.*-F \([^ ]*\) .*/\1/p')
"$function" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
