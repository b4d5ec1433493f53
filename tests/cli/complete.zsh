# complete.zsh FOLDER LINE SCRATCH - what zsh offers at the end of LINE, by the completions in FOLDER; a word a line.
#
# Completion runs in the line editor only: a zsh at a pseudo-terminal gets LINE and the tab key, and writes what would
# be added into a file.
zmodload zsh/zpty || exit 77
offered=$3/offered
rm -f $offered $offered.end
zpty editor zsh -f -i
zpty -w editor "fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w editor "offered=$offered"
# With -O, -A or -D it only looks for words; otherwise it would add them.
zpty -w editor 'compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return $?; fi
  local -a found
  builtin compadd -A found "$@"
  print -rl -- $found >>$offered
  builtin compadd "$@"
}'
zpty -w editor 'tell_end() { : >$offered.end }; comppostfuncs=(tell_end)'
zpty -w editor 'bindkey "^I" complete-word; setopt no_beep no_list_ambiguous; LISTMAX=1000; : >$offered.ready'
integer left=1200
while [[ ! -e $offered.ready ]] && ((left-- > 0)); do
  zpty -r -t editor >/dev/null
  sleep 0.05
done
zpty -w -n editor "$2"$'\t'
left=1200
while [[ ! -e $offered.end ]] && ((left-- > 0)); do
  zpty -r -t editor >/dev/null
  sleep 0.05
done
zpty -d editor
rm -f $offered.ready
[[ ! -e $offered ]] || cat $offered
