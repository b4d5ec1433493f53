# shellcheck shell=bash disable=SC2154  # run, tests and what asks machines come from the caller
# next.bash - follows the `next:` lines of the programs, as a person would who has nothing else to go by. Source it after
# common.bash, with a function `on HOST COMMAND...`.
#
#   walk HOST GOAL COMMAND   runs COMMAND (a line of shell) on HOST and what it tells to run next, until GOAL (a command)
#                            is true; one "ok" and one row of the table
#   table                    the rows: command -> next -> ... -> works
#
# What stands for something in a line is filled in: TOKEN is the last one that was printed, FILE is /run/backup, NAME is
# `another`, GROUP is $walk_group. A remark behind # , and one that begins ", which", ", where" or
# ", to", is for people; of "A, or B" and "A; or B" a person takes the first. "on the ... machine: COMMAND" is run on
# $authority, "the same command" is the one that printed the line, and so is "run it again as root". Programs that stay
# (ipop-node, authority serve, what ends in &) are left running. While a program waits for a person, what it tells that
# person to run is run, or $answer in place of it.
#
#   plain_internet HOST...   the hosts, machines of their own without systemd, of which alice is public: the others are
#                            behind the NATs [home: cone] (bob, dave) and [lab: symmetric] (carol)
#   holds_rows WALKER        every row of next_table.txt that names WALKER was printed in a walk that worked
authority=${authority:-alice}
answer=''
walk_folder=${walk_folder:-$run} # where commands are run, on every host
carry() { :; }                  # called after each with its host, for files that a person would carry to another one
walk_group=lab
printed='' # by the walk that is under way
: >"$run/walk.printed"
declare -g walked_row=''
declare -gA stepped=() # HOST<tab>COMMAND of this walk
declare -ga walked_rows=()
walk_steps=14

# --- machines ---------------------------------------------------------------------------------------------------------
give_passphrase() { on "$1" sh -c 'umask 077; echo "correct horse battery" >/run/passphrase'; } # HOST: its person knows it
plain_internet() {
  local host
  # shellcheck source=../../demo/plain_machines.sh
  source "$here/../../demo/plain_machines.sh"
  make_internet
  make_server alice
  make_site home 192.168.1 cone
  make_site lab 192.168.2 symmetric
  for host; do
    case $host in
      alice) ;;
      carol) make_host carol lab ;;
      *) make_host "$host" home ;;
    esac
  done
  for host; do make_machine "$host" plain; done
  for host; do within 5 "$host is a machine of its own" on "$host" true; done
  ((failures == 0)) || finish
  for host; do give_passphrase "$host"; done
  without_systemd=yes
}
ends() { # HOST GROUP: its node
  on "$1" ipop-ctl --group "$2" stop >/dev/null 2>&1
  within 20 "$1: the node of $2 has ended" no_node "$1" "$2"
}
stops_serving() { # HOST: its authority's servers
  local pid
  for pid in $(ip netns pids "$internet-$1"); do
    [[ $(readlink "/proc/$pid/exe") == "$bin/ga-cert" ]] || continue
    kill "$pid"
    while [[ -e /proc/$pid ]]; do sleep 0.05; done
  done
}

# --- what is so --------------------------------------------------------------------------------------------------------
no_node() { ! on "$1" ipop-ctl --group "$2" status >/dev/null 2>&1; } # HOST GROUP
address_in() { on "$1" ipop-ctl --group "$2" status --json 2>/dev/null | jq -r '.address // empty'; }
has_address() { [[ -n $(address_in "$1" "$2") ]]; }
is_member() { [[ $(on "$1" ipop-ctl --group "$2" status --json | jq .closed) == true ]] && has_address "$1" "$2"; }
in_closed() { is_member "$1" lab && on "$1" ping -q -n -c 1 -w 2 "$(address_in alice lab)"; } # HOST
announces() { on "$1" ipop-ctl --group "$2" dht get ga-authority | grep -q https; }           # HOST GROUP
whole_group() { is_member "$1" "$2" && has_address "$1" "$2-enrol" && announces "$1" "$2-enrol" && announces "$1" "$2"; }
succeeds() { on "$1" sh -c "$2"; } # HOST COMMAND
is_shut_out() { [[ $(on "$1" ipop-ctl --group lab status --json | jq '.links == 0 and .revoked != null') == true ]]; }
key_of() { on "$1" openssl pkey -in /var/lib/ipop/lab/key.pem -pubout -outform DER | sha256sum | cut -d' ' -f1; }
serial() { on "$1" openssl x509 -in /var/lib/ipop/lab/certificate.pem -noout -serial; }
is_new() { [[ $(serial "$1") != "$2" ]]; } # HOST SERIAL
: >"$run/walk.token"

# --- walking -----------------------------------------------------------------------------------------------------------
stays() { [[ $1 == ipop-node\ * || $1 == *'authority serve'* || $1 == *'&' ]]; }
# A line as it was printed -> "HOST<tab>COMMAND"
resolve() { # HOST COMMAND_BEFORE LINE
  local host=$1 before=$2 line=$3
  line=$(sed -E "s/ +#.*//; s/(, (which|where|to)|[,;] or) .*//; s/^sudo //" <<<"$line")
  if [[ $line =~ ^on\ (the|a)\ [^:]*:\ (.*)$ ]]; then
    host=$authority line=${BASH_REMATCH[2]}
  fi
  [[ $line != 'run it again as root' ]] || line=$before
  if [[ $line =~ ^the\ same(\ command)?(\ again)?(\ with\ (.*))?$ ]]; then
    line="$before ${BASH_REMATCH[4]}"
  fi
  line=${line//TOKEN/$(<"$run/walk.token")}
  line=${line//FILE//run/backup}
  line=${line//ANOTHER-NAME/another}
  line=${line//NAME/another}
  line=${line//GROUP/$walk_group}
  line=${line//HEX/$(on "$authority" ga-cert authority show --authority "$walk_group" --json 2>/dev/null | jq -r '.fingerprint // empty')}
  line=${line//HOST:PORT/$(address_in "$authority" lab 2>/dev/null):8443}
  printf '%s\t%s\n' "$host" "${line% }"
}
run_line() { # HOST COMMAND OUTPUT: runs it, answers what it asks of a person
  local host=$1 command=$2 out=$3 process told='' line tries
  : >"$out"
  # A person types the passphrase.
  [[ $command =~ authority\ (backup|restore) ]] && command+=' --passphrase-file /run/passphrase'
  if stays "$command"; then
    on "$host" sh -c "cd '$walk_folder' && exec ${command% &}" >"$out" 2>&1 </dev/null &
    process=$!
    disown
    # What was refused ends at once, and says why.
    for ((tries = 0; tries < 10; tries++)); do
      kill -0 "$process" 2>/dev/null || break
      sleep 0.1
    done
    return 0
  fi
  on "$host" sh -c "cd '$walk_folder' && $command" >"$out" 2>&1 </dev/null &
  process=$!
  for ((tries = 0; tries < 600 * patience; tries++)); do
    kill -0 "$process" 2>/dev/null || break
    line=$(sed -n "s/^  on the authority's machine: //p" "$out" | head -n 1)
    if [[ $line && $line != "$told" ]]; then
      told=$line
      [[ ! $answer ]] || line=${line/accept/$answer}
      on "$authority" sh -c "$line" >"$run/walk.answer" 2>&1
      # All machines here have one name, and with it their users: what it says to that is followed too.
      line=$(sed -n 's/^  next: \(ga-cert accept --another-machine [0-9a-f]*\).*/\1/p' "$run/walk.answer" | head -n 1)
      [[ ! $line ]] || on "$authority" sh -c "$line" >>"$run/walk.answer" 2>&1
      cat "$run/walk.answer" >>"$run/walk.answers"
    fi
    sleep 0.1
  done
  kill "$process" 2>/dev/null
  wait "$process"
  carry "$host"
}
is_reached() { "${goal[@]}" >/dev/null 2>&1; }
step() { # HOST COMMAND DEPTH
  local host=$1 command=$2 depth=$3 out lines line next tries
  ((--steps_left >= 0)) || return 1
  out=$run/walk.$RANDOM$RANDOM
  walked_row+="${walked_row:+ -> }$(sed -E 's/ga[e]?1-[a-z0-9]+/TOKEN/; s/  +/ /g' <<<"$command")"
  run_line "$host" "$command" "$out"
  grep -hoE '^ga1-[a-z0-9]+' "$out" >"$run/walk.new" && mv "$run/walk.new" "$run/walk.token"
  mapfile -t lines < <(sed -n 's/^ *next: //p' "$out")
  for line in "${lines[@]}"; do
    printed+=$line$'\n'
    [[ ! ${without_systemd-} || ! $line =~ systemctl|journalctl ]] || wrong_words+="$line; "
  done
  is_reached && return 0
  for line in "${lines[@]}"; do
    next=$(resolve "$host" "$command" "$line")
    # A person who is on that machine has just done it.
    [[ $line == 'on the '*'the same command' && $next == "$host"$'\t'"$command" ]] && continue
    # What was run in this walk led here.
    [[ $line != 'the same'* && ${stepped[$next]-} ]] && continue
    stepped[$next]=1
    step "${next%%$'\t'*}" "${next#*$'\t'}" $((depth + 1)) && return 0
    is_reached && return 0
  done
  # What was left running may need a while.
  if ((${#lines[@]} == 0)); then
    for ((tries = 0; tries < (depth == 0 ? 20 : 1) * patience; tries++)); do
      is_reached && return 0
      sleep 0.1
    done
  fi
  return 1
}
walk() {
  local host=$1 command=${*: -1} steps_left=$walk_steps end status=1 wrong_words=''
  goal=("${@:2:$#-2}")
  walked_row='' printed='' stepped=()
  step "$host" "$command" 0 && status=0
  end=$((SECONDS + 30 * patience))
  while ((status != 0 && SECONDS < end)); do
    is_reached && status=0
    sleep 0.1
  done
  result "$status" "$host: $walked_row"
  ((status)) || printf '%s' "$printed" >>"$run/walk.printed"
  if ((status)); then sed 's/^/# /' "$run"/walk.[0-9]* | tail -n 40; fi
  rm -f "$run"/walk.[0-9]*
  [[ ! $wrong_words ]] || { result 1 "no word of systemd where it does not run"; echo "# $wrong_words"; }
  walked_rows+=("$host: $walked_row -> $( ((status)) && echo 'DOES NOT WORK' || echo works)")
}
# What stands for a person in $answer's place is printed behind another word.
holds_rows() { # WALKER
  local file text where printed_as line pattern missing=0
  while IFS=$'\t' read -r file text where printed_as; do
    [[ $file && $file != \#* && $where == "$1" ]] || continue
    # Only the stars of the table stand for anything.
    pattern=$(sed 's/[][?\\]/\\&/g' <<<"${printed_as:-$text}")
    while IFS= read -r line; do
      # shellcheck disable=SC2053  # a pattern
      [[ $line == $pattern ]] && continue 2
    done <"$run/walk.printed"
    echo "# not printed in any walk that worked: $file: $text"
    missing=$((missing + 1))
  done <"$here/../netns/next_table.txt"
  is "every row of next_table.txt for $1 was walked" 0 "$missing"
}
table() {
  printf '# %s\n' "${walked_rows[@]}"
  sort -u "$run/walk.printed" | sed 's/^/# printed: /'
}
