#!/usr/bin/env bats
# What an administrator sees of ga-update. A boot is the boot disk's own script over real squashfs images and overlays, in
# a mount namespace that ends with it.

bats_require_minimum_version 1.5.0

load layers.bash
load nodes.bash
load updates.bash

setup() {
  [ "$EUID" -eq 0 ] || skip "mounting through the kernel needs root"
  busybox true 2>/dev/null || skip "busybox is not installed"
  layer_setup
  update_setup
}
teardown() {
  stop_nodes
  layer_teardown
}

@test "a new base is tried by the next boot, and kept once it is content" {
  two_bases
  run update apply "$DIR/out/debian-2.squashfs" --want pool
  [ "$status" -eq 0 ]
  [ "$output" = "debian-2 is prepared: the machine restarts to try it" ]
  [ "$(cat "$DIR/restarts")" = "--no-block reboot" ]
  [ "$(update status --plain)" = "$(printf 'prepared\tdebian\t1\t2\t1\t')" ]
  [ "$(stack_of)" = "$(printf 'debian\t1\t')" ]
  run boot normal 'echo new >$root/mark; mkdir $root/kept; [ ! -e $root/etc ] && [ -z "$(ls $root/old)" ]'
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = "console: keeps a copy of what was written, before the update is tried" ]
  [ "${lines[1]}" = 2 ]
  [ "$(update status --plain)" = "$(printf 'trying\tdebian\t1\t2\t0\t')" ]
  run update confirm
  [ "$status" -eq 0 ]
  [ "${lines[-1]}" = "debian-2 is content and in use" ]
  [ "$(stack_of)" = "$(printf 'debian\t2\t1')" ]
  is_clean
  [ "$(boot normal)" = "$(printf '2\nnew')" ]
  [ -d "$STORE/home/up/kept" ]
  run update confirm
  [ "$status" -eq 0 ]
  [ "$output" = "No update is under way" ]
  [ "$(update history --plain | cut -f2-)" = "$(printf 'debian\t1\t2\tcontent\t')" ]
  run update apply "$DIR/out/debian-2.squashfs"
  [ "$status" -eq 0 ]
  [ "$output" = "debian-2 is in use already" ]
  [ "$(wc -l <"$DIR/restarts")" -eq 1 ]
  # And a person goes back as ever.
  layer rollback debian
  [ "$(boot normal)" = "$(printf '1\nnew')" ]
}

@test "S20: a new base that is not content in time is left, and home is as it was" {
  two_bases
  update apply "$DIR/out/debian-2.squashfs" --want pool --limit 1s
  boot normal 'echo new >$root/mark; rm $root/mark2; mkdir -p $root/moved/more' >/dev/null
  rm "$DIR/pool"
  run update confirm
  [ "$status" -eq 1 ]
  [ "${lines[0]}" = "debian-2 is tried: condor_status gets no answer" ]
  [ "${lines[1]}" = "debian-2 is given up (within 1 s condor_status gets no answer): the machine restarts to put the old state back" ]
  [ "$(wc -l <"$DIR/restarts")" -eq 2 ]
  [ "$(boot normal)" = "$(printf '1\nold')" ]
  tree_of "$STORE/home/up" | diff - "$DIR/home_before"
  # What only overlayfs reads is there too: the emptied folder is empty, the moved one has what it had.
  boot normal '[ -z "$(ls $root/old)" ] && [ -e $root/moved/machine-id ] && [ ! -e $root/moved/passwd ] && [ ! -e $root/etc ]'
  run update confirm
  [ "$status" -eq 1 ]
  [ "$output" = "The machine went back from debian-2: within 1 s condor_status gets no answer" ]
  is_clean
  [ ! -e "$STORE/images/debian-2.squashfs" ]
  [ "$(cat "$STORE/update/tried/up/mark")" = new ]
  [ "$(update history --plain | cut -f2-)" = "$(printf 'debian\t1\t2\twent back\twithin 1 s condor_status gets no answer')" ]
  : >"$DIR/pool"
  run update apply "$DIR/out/debian-2.squashfs" --want pool
  [ "$status" -eq 1 ]
  [ "$output" = "ga-update: debian-2: the machine went back from it (within 1 s condor_status gets no answer); --again tries it again" ]
  update apply "$DIR/out/debian-2.squashfs" --want pool --again
  [ ! -e "$STORE/update/tried" ]
  boot normal >/dev/null
  update confirm
  [ "$(stack_of)" = "$(printf 'debian\t2\t1')" ]
}

@test "S20: a boot of a new state that is cut short leads back, and so does one that was not content" {
  two_bases
  for boots in 1 2; do
    update apply "$DIR/out/debian-2.squashfs" --want none --boots "$boots" --again
    for ((i = 0; i < boots; i++)); do
      run boot normal 'echo new >$root/mark'
      [[ ${lines[*]} == *"2 "* ]]
    done
    run boot normal
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "console: the update is given up: the machine started again before the new state was content" ]
    [ "${lines[1]}${lines[2]}" = 1old ]
    run update confirm
    [ "$status" -eq 1 ]
    [ "$(boot normal)" = "$(printf '1\nold')" ]
  done
}

@test "S20: a base that does not mount, or has no first program that runs, is left by the boot that tries it" {
  two_bases
  rm "$DIR/base/sbin/init"
  released debian --tree "$DIR/base" --base --to "$DIR/out" --number 3 2>/dev/null
  update apply "$DIR/out/debian-3.squashfs" --want none
  run boot normal
  [ "$status" -eq 0 ]
  [[ $output == *"given up: the new state has no first program that runs"*1?old ]]
  run update confirm
  [ "$status" -eq 1 ]
  update apply "$DIR/out/debian-2.squashfs" --want none
  truncate -s 5000 "$STORE/images/debian-2.squashfs"
  run boot normal
  [ "$status" -eq 0 ]
  [[ $output == *"given up: the layer debian-2 cannot be mounted"*1?old ]]
  run update confirm
  [ "$status" -eq 1 ]
  tree_of "$STORE/home/up" | diff - "$DIR/home_before"
}

@test "rescue and development leave a trial alone; a boot disk that knows none is found out before" {
  two_bases
  rm "$DIR/run/update"
  run update apply "$DIR/out/debian-2.squashfs" --want none
  [ "$status" -eq 1 ]
  [[ $output == "ga-update: $DIR/run/update is not there: this machine was not started by a boot disk"* ]]
  echo none >"$DIR/run/update"
  update apply "$DIR/out/debian-2.squashfs" --want none
  layer dev tools 2>/dev/null
  [ "$(boot development)" = 1 ]
  run update confirm
  [ "$status" -eq 0 ]
  [ "$output" = "debian-2 is prepared, and was not tried by this boot" ]
  layer dev tools --end 2>/dev/null
  # A development boot without a module is an ordinary one.
  run boot development
  [ "${lines[-2]}${lines[-1]}" = 2old ]
  update confirm
  [ "$(stack_of)" = "$(printf 'debian\t2\t1')" ]
}

@test "S20: what is forged, older, foreign or damaged changes nothing" {
  two_bases
  released debian --tree "$DIR/base" --base --to "$DIR/out" --number 9 2>/dev/null
  echo 1.5 >"$DIR/base/version"
  mkdir "$DIR/old" "$DIR/case"
  released debian --tree "$DIR/base" --base --to "$DIR/old" --number 1 2>/dev/null
  signer stranger
  layer release debian --tree "$DIR/base" --base --to "$DIR/old" --number 5 --key "$DIR/stranger.key" --certificate "$DIR/stranger.pem" 2>/dev/null
  released fedora --tree "$DIR/base" --base --to "$DIR/old" --number 3 2>/dev/null
  mkdir -p "$DIR/base/usr/lib/modules/0.0"
  released debian --tree "$DIR/base" --base --to "$DIR/old" --number 6 2>/dev/null
  # Release 2 is in use, and 1 the one before.
  update apply "$DIR/out/debian-2.squashfs" --want none
  boot normal >/dev/null
  update confirm
  : >"$DIR/restarts"
  before=$(find "$STORE" -printf '%P %s %T@\n' | sort)
  # refused WORDS [FILE]: the case in $DIR/case, or FILE; for check and apply
  refused() {
    local words=$1 file=${2:-$DIR/case/debian-9.squashfs}
    for verb in check apply; do
      [[ $verb$words != check*sum* ]] || continue
      # shellcheck disable=SC2046  # options of apply alone
      run update "$verb" "$file" $([[ $verb == check ]] || echo --want none)
      echo "$verb: $output"
      [ "$status" -eq 1 ]
      [ "${#lines[@]}" -eq 1 ]
      [[ $output == "ga-update: "*"$words"* ]]
      [ "$(find "$STORE" -printf '%P %s %T@\n' | grep -v '^ ' | sort)" = "$(grep -v '^ ' <<<"$before")" ]
      [ ! -s "$DIR/restarts" ]
    done
  }
  fresh() { cp "$DIR"/out/debian-9.* "$DIR/case/"; }
  fresh; printf x | dd of="$DIR/case/debian-9.squashfs" bs=1 seek=5000 conv=notrunc status=none
  refused "another sum than its manifest says"
  fresh; truncate -s -1 "$DIR/case/debian-9.squashfs"
  refused "another sum than its manifest says"
  fresh; sed -i 's/^number 9$/number 10/' "$DIR/case/debian-9.manifest"
  refused "is wrong: it was changed"
  fresh; sed -i '/^signature /d' "$DIR/case/debian-9.manifest"
  refused "debian-9.manifest"
  fresh; sed -i '/^sign/d' "$DIR/case/debian-9.manifest"
  refused "it is not signed"
  fresh; head -c 300 "$DIR/out/debian-9.manifest" >"$DIR/case/debian-9.manifest"
  refused "debian-9.manifest"
  head -c 1000 /dev/urandom >"$DIR/case/debian-9.manifest"
  refused "debian-9.manifest"
  rm "$DIR/case/debian-9.manifest"
  refused "No such file"
  refused "release 1 is older than 2, which was in use here" "$DIR/old/debian-1.squashfs"
  refused "it has no modules for $(uname -r), the kernel that the boot disk starts" "$DIR/old/debian-6.squashfs"
  refused "stranger" "$DIR/old/debian-5.squashfs"
  cp "$DIR/stranger.pem" "$DIR/trust/"
  refused "signed by another key than the release in use; --other-signer takes it" "$DIR/old/debian-5.squashfs"
  refused "the base here is debian" "$DIR/old/fedora-3.squashfs"
  run update check "$DIR/old/debian-5.squashfs" --other-signer --plain
  [ "$output" = "$(printf 'base\tdebian\t2\t5\tstranger')" ]
  # One that says the truth about an image which is not what its list says.
  [ "$(update check "$DIR/out/debian-9.squashfs" --json | jq -r '.schema, .from, .to, .in_use' | tr '\n' ' ')" = "ga-update.check/1 2 9 false " ]
}

@test "while updates are on hold none is taken" {
  two_bases
  update hold "until the  conference"$'\n'"is over"
  run update apply "$DIR/out/debian-2.squashfs" --want none
  [ "$status" -eq 1 ]
  [ "$output" = 'ga-update: updates are on hold (until the  conference\x0ais over): ga-update unhold ends that' ]
  [ "$(update status 2>/dev/null)" = 'updates are on hold: until the  conference\x0ais over' ]
  update hold
  run update apply "$DIR/out/debian-2.squashfs" --want none
  [ "$output" = 'ga-update: updates are on hold: ga-update unhold ends that' ]
  update unhold
  update unhold
  update apply "$DIR/out/debian-2.squashfs" --want none
  run update apply "$DIR/out/debian-2.squashfs" --want none
  [ "$status" -eq 1 ]
  [ "$output" = "ga-update: an update is under way (base debian 1 2): ga-update status shows how far it is" ]
}

@test "somebody gives an update up, before it was tried and while it is" {
  two_bases
  update apply "$DIR/out/debian-2.squashfs" --want none --no-restart
  [ ! -s "$DIR/restarts" ]
  run update back
  [ "$status" -eq 0 ]
  [ "$output" = "The machine went back from debian-2: somebody gave it up" ]
  is_clean
  [ "$(boot normal)" = "$(printf '1\nold')" ]
  update apply "$DIR/out/debian-2.squashfs" --want none --again
  boot normal 'echo new >$root/mark' >/dev/null
  run update back
  [ "$status" -eq 0 ]
  [ "$output" = "debian-2 is given up (somebody gave it up): the machine restarts to put the old state back" ]
  run update back
  [ "$status" -eq 1 ]
  [ "$(boot normal)" = "$(printf '1\nold')" ]
  run update confirm
  [ "$status" -eq 1 ]
}

@test "what was given up while it was still on trial is not content any more" {
  two_bases
  update apply "$DIR/out/debian-2.squashfs" --want pool --no-restart
  boot normal >/dev/null
  rm "$DIR/pool"
  update confirm >"$DIR/said" 2>&1 &
  local confirm=$!
  within grep -q "is tried" "$DIR/said"
  update back --no-restart
  : >"$DIR/pool"
  local status=0
  wait "$confirm" || status=$?
  [ "$status" -eq 1 ]
  [[ $(tail -n 1 "$DIR/said") == "debian-2 is given up"* ]]
  [ "$(update status --plain | cut -f1)" = back ]
  [ "$(boot normal)" = "$(printf '1\nold')" ]
  run update confirm
  [ "$status" -eq 1 ]
  is_clean
}

@test "a newer release that is imported during a trial is what the next boot has" {
  two_bases
  released debian --tree "$DIR/base" --base --to "$DIR/out" --number 3 2>/dev/null
  update apply "$DIR/out/debian-2.squashfs" --want none
  boot normal >/dev/null
  layer import "$DIR/out/debian-3.squashfs"
  update confirm
  [ "$(stack_of)" = "$(printf 'debian\t3\t1')" ]
  [ ! -e "$STORE/images/debian-2.squashfs" ]
  is_clean
}

@test "status and history have three forms" {
  two_bases
  [ "$(update history --json)" = '{"schema":"ga-update.history/1","updates":[]}' ]
  update apply "$DIR/out/debian-2.squashfs" --want pool --boots 2 --limit 5min
  update status --json | jq -e '.schema == "ga-update.status/1" and .update.state == "prepared" and .update.from == 1 and
    .update.to == 2 and .update.boots_left == 2 and .update.limit_s == 300 and .update.wants == "pool" and .hold == ""'
  run update status
  [ "${lines[1]}" = "  prepared: the next restart tries it" ]
  boot normal >/dev/null
  run update status
  [ "${lines[1]}" = "  on trial; boots left: 1" ]
  update confirm
  update history --json | jq -e '.updates | length == 1 and (.[0] | .content and .name == "debian" and .reason == "")'
  run update history
  [[ ${lines[0]} == "ENDED "*"OUTCOME"* ]]
  [[ ${lines[1]} == *"debian "*"content"* ]]
  echo garbage >"$STORE/update/journal"
  run update status
  [ "$status" -eq 5 ]
  [ "$output" = "ga-update: $STORE/update/journal, line 1: must be \"grid-appliance update 1\"" ]
  # The boot disk does not look at it either.
  [[ $(boot normal) == *"none of this release, and is not looked at"*2?old ]]
}

@test "a dry run prints the steps, and changes nothing" {
  two_bases
  before=$(find "$STORE" -printf '%P %s %T@\n' | sort)
  run update --dry-run apply "$DIR/out/debian-2.squashfs" --want none
  [ "${lines[1]}" = "copy $DIR/out/debian-2.squashfs and compare its sum" ]
  [ "${lines[-1]}" = "restart the machine" ]
  update --dry-run --json apply "$DIR/out/debian-2.squashfs" --want none |
    jq -e '.schema == "ga-update.apply/1" and .release == "debian-2" and .changed == false and (.steps | length == 6)'
  update --dry-run hold
  update --dry-run back
  update --dry-run confirm
  [ "$(find "$STORE" -printf '%P %s %T@\n' | sort)" = "$before" ]
}

@test "an update waits until no job runs" {
  two_bases
  mkdir -p "$DIR/execute/dir_123"
  update apply "$DIR/out/debian-2.squashfs" --want none --when-idle --execute "$DIR/execute" >"$DIR/said" 2>&1 3>&- &
  waiting=$!
  says() { grep -q "$1" "$DIR/said"; }
  within says 'Goes now, when no job runs'
  [ "$(update status --plain)" = "" ]
  mkdir "$DIR/execute/dir_124"
  rmdir "$DIR/execute/dir_123"
  [ "$(update status --plain)" = "" ]
  rmdir "$DIR/execute/dir_124"
  wait "$waiting"
  [ "$(update status --plain | cut -f1)" = prepared ]
  update back
  mkdir "$DIR/execute/dir_125"
  run update apply "$DIR/out/debian-2.squashfs" --want none --again --when-idle --execute "$DIR/execute" --within 1s
  [ "$status" -eq 6 ]
  [ "${lines[-1]}" = "ga-update: the machine could not leave its pool in time; nothing was changed" ]
  [ "$(update status --plain)" = "" ]
}

@test "machines go in waves, and none while the others can't spare it" {
  two_bases
  printf 'w%d.lab.ipop\n' 1 2 3 4 >"$DIR/machines"
  cp "$DIR/machines" "$DIR/pool"
  go() { update apply "$DIR/out/debian-2.squashfs" --want none --again --share 50 --every 1s --machines "$DIR/machines" "$@"; }
  first=0
  for i in 1 2 3 4; do
    run go --name "w$i.lab.ipop"
    [ "$status" -eq 0 ]
    [[ ${lines[0]} =~ in\ wave\ ([12])\ of\ 2$ ]]
    first=$((first + (BASH_REMATCH[1] == 1)))
    update back
  done
  [ "$first" -eq 2 ]
  # One is away already, which is as much as the pool can bear; with two it can't.
  sed -i /w1/d "$DIR/pool"
  go --name w2.lab.ipop
  update back
  sed -i /w3/d "$DIR/pool"
  run go --name w2.lab.ipop --within 1s
  [ "$status" -eq 6 ]
  [ "$(update status --plain)" = "" ]
  run go --name other
  [ "$status" -eq 1 ]
  [ "${lines[0]}" = "ga-update: other is not among the machines that are updated" ]
}

@test "the node's events decide: a state is content once its node has joined" {
  two_bases
  make_group
  of() { "$GA_BIN/ipop-ctl" --socket "$DIR/$1.sock" status --json | jq -e "$2"; }
  start_two() {
    start_node a
    start_node b --bootstrap "$(of a '.local_endpoints[0]' | tr -d '"')"
  }
  start_two
  within of b .joined
  update apply "$DIR/out/debian-2.squashfs" --want node --socket "$DIR/b.sock"
  boot normal >/dev/null
  stop_nodes
  update confirm --socket "$DIR/b.sock" >"$DIR/said" 2>&1 3>&- &
  waiting=$!
  says() { grep -q "$1" "$DIR/said"; }
  within says 'debian-2 is tried: the node has not joined its group'
  start_two
  wait "$waiting"
  [ "$(stack_of)" = "$(printf 'debian\t2\t1')" ]
}

@test "S20: killed at any change, ga-update leaves the old state or the new one" {
  two_bases
  command -v strace >/dev/null || skip "strace is not installed"
  cp -a "$STORE" "$DIR/kept"
  # From the store in $DIR/kept, the boot's word $1: COMMAND... is killed at its first, second, ... change of a name.
  cut_short() {
    local word=$1 call at status cuts=0
    shift
    for call in rename,renameat,renameat2 unlink,unlinkat,rmdir; do
      for ((at = 1; at < 60; at++)); do
        rm -rf "$STORE"
        cp -a "$DIR/kept" "$STORE"
        echo "$word" >"$DIR/run/update"
        status=0
        PATH=$DIR/stubs:$PATH ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o /dev/null -e "trace=$call" \
          -e "inject=$call:signal=KILL:when=$at" "$GA_BIN/ga-update" --store "$STORE" --trust "$DIR/trust" \
          --groups "$DIR/etc" --run "$DIR/run" "$@" >/dev/null 2>&1 || status=$?
        ((status == 137)) || break
        cuts=$((cuts + 1))
        comes_up
      done
    done
    echo "# ga-update $1, boot $word: cut short at $cuts places" >&3
    ((cuts > 0))
  }
  # However it was cut: the next boot is one of the two, with its own home, and what follows it ends the update.
  comes_up() {
    local said
    said=$(boot normal)
    [[ $said == *1?old || $said == *2?old || $said == *2?new ]] || { echo "came up as: $said"; return 1; }
    update confirm 2>/dev/null || true
    boot normal >/dev/null
    update confirm 2>/dev/null || true
    update unhold 2>/dev/null
    [[ $(boot normal) == "${said#console*$'\n'}" ]] || { echo "came up as $said, and then as $(boot normal)"; return 1; }
    is_clean
    [ "$(find "$STORE/images" -name '*.squashfs' | wc -l)" -eq "$(stack_of | tr '\t' '\n' | grep -c '^[12]$')" ]
  }
  cut_short none apply "$DIR/out/debian-2.squashfs" --want none
  rm -rf "$STORE" && cp -a "$DIR/kept" "$STORE"
  update apply "$DIR/out/debian-2.squashfs" --want none
  boot normal 'echo new >$root/mark' >/dev/null
  rm -rf "$DIR/kept" && cp -a "$STORE" "$DIR/kept"
  cut_short trying confirm
  rm -rf "$STORE" && cp -a "$DIR/kept" "$STORE"
  echo trying >"$DIR/run/update"
  cut_short trying back
  rm -rf "$STORE" && cp -a "$DIR/kept" "$STORE"
  boot normal >/dev/null
  rm -rf "$DIR/kept" && cp -a "$STORE" "$DIR/kept"
  cut_short restored confirm
}

@test "S20: when the power fails at any change of the boot disk, the next boot is the old state or the new one" {
  two_bases
  # all_cuts TEXT EXPECTED...: from the store in $DIR/kept
  all_cuts() {
    local text=$1 at said
    shift
    for ((at = 1; at < 60; at++)); do
      rm -rf "$STORE"
      cp -a "$DIR/kept" "$STORE"
      said=$(CUT=$at boot normal 'echo new >$root/mark') || true
      [[ $said == *"power failed" ]] || break
      said=$(boot normal | grep -v '^console')
      [[ " $* " == *" ${said/$'\n'/} "* ]] || { echo "$text, cut at $at: $said"; return 1; }
      # Whatever it is, it goes back from there when nothing is confirmed.
      boot normal >/dev/null
      update confirm 2>/dev/null || true
      [ "$(boot normal)" = "$(printf '1\nold')" ] || { echo "$text, cut at $at: not back"; return 1; }
      tree_of "$STORE/home/up" | diff - "$DIR/home_before"
      is_clean
    done
    echo "# $text: cut short at $((at - 1)) places" >&3
    ((at > 3 && at < 60))
  }
  update apply "$DIR/out/debian-2.squashfs" --want none
  cp -a "$STORE" "$DIR/kept"
  all_cuts "the first boot of a new state" 1old 2old
  boot normal 'echo new >$root/mark' >/dev/null
  rm -rf "$STORE" && cp -a "$DIR/kept" "$STORE"
  boot normal 'echo new >$root/mark' >/dev/null
  rm -rf "$DIR/kept" && cp -a "$STORE" "$DIR/kept"
  all_cuts "the boot that goes back" 1old
}

@test "S20: an update that fills the disk leads back" {
  mkdir -p "$DIR/full"
  mount -t tmpfs -o size=48M tmpfs "$DIR/full"
  STORE=$DIR/full/store
  mkdir -p "$STORE/images"
  two_bases
  update apply "$DIR/out/debian-2.squashfs" --want none
  boot normal 'echo new >$root/mark; dd if=/dev/zero of=$root/filler bs=64k 2>/dev/null; dd if=/dev/zero of=$root/more bs=1 2>/dev/null || true' >/dev/null
  [ "$(df --output=avail "$STORE" | tail -n 1)" -eq 0 ]
  run boot normal
  [ "${lines[-2]}${lines[-1]}" = 1old ]
  run update confirm
  [ "$status" -eq 1 ]
  [ "$(boot normal)" = "$(printf '1\nold')" ]
  is_clean
  # And one for which there is no room is refused, or given up by the boot disk.
  boot normal 'dd if=/dev/urandom of=$root/data bs=1M count=30 2>/dev/null' >/dev/null
  run update apply "$DIR/out/debian-2.squashfs" --want none --again
  [ "$status" -eq 1 ]
  [[ $output == "ga-update: $STORE has "*" left, and "*" are needed for the update and a copy of what was written" ]]
  rm "$STORE/home/up/data"
  update apply "$DIR/out/debian-2.squashfs" --want none --again
  dd if=/dev/urandom of="$STORE/home/up/data" bs=1M count=30 2>/dev/null
  run boot normal
  [[ $output == *"given up: there is no room for a copy of home"*1?old ]]
}

@test "completions are what the program prints, and every option stands in the man page" {
  for shell in bash:ga-update.bash zsh:_ga-update fish:ga-update.fish; do
    diff <("$GA_BIN/ga-update" --completion "${shell%%:*}") "$GA_SOURCE/completions/${shell#*:}"
  done
  bash -n "$GA_SOURCE/completions/ga-update.bash"
  page=$(sed 's/\\-/-/g' "$GA_SOURCE/man/ga-update.8")
  for verb in "" status history check apply confirm back hold unhold; do
    # shellcheck disable=SC2086
    for option in $("$GA_BIN/ga-update" $verb --help | grep -oE '^ +(-h,)?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
      [[ $page == *"$option"* ]] || { echo "man page lacks $option"; return 1; }
    done
  done
}
