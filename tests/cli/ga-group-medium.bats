#!/usr/bin/env bats
# The medium by which a machine that starts from an image joins: made by one machine, read by another.

bats_require_minimum_version 1.5.0

setup() {
  DIR=$BATS_TEST_TMPDIR
  "$GA_BIN/ga-group" --dir "$DIR/etc" new lab --no-start --bootstrap lab.example.org:25000 >/dev/null 2>&1
  ssh_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBu7pZ6kpJ7xB2J1cGmVJmN0yqfQv3jJ0o0Xv3mQ0a1Z admin@desk"
  echo "$ssh_key" >"$DIR/key.pub"
}

medium() { "$GA_BIN/ga-group" --dir "$DIR/etc" medium "$@"; }
adopt() { "$GA_BIN/ga-group" --dir "$DIR/new/etc/ipop" adopt --root "$DIR/new" --no-start "$@"; }
# nothing_changed: the new machine is as it was.
nothing_changed() { [ ! -e "$DIR/new" ]; }

@test "a machine that adopts a medium has its group, role, name and the administrator's key" {
  medium --role worker --role submit --pool big --host-name seven --ssh-key "$DIR/key.pub" >"$DIR/text"
  [ "$(head -n 1 "$DIR/text")" = "#grid-appliance" ]
  run adopt "$DIR/text"
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = "Configured by $DIR/text" ]
  [ "$(grep ^namespace "$DIR/new/etc/ipop/lab.toml")" = "$(grep ^namespace "$DIR/etc/lab.toml")" ]
  grep -q '"lab.example.org:25000"' "$DIR/new/etc/ipop/lab.toml"
  grep -qxF 'roles = ["worker", "submit"]' "$DIR/new/etc/ga/pool.toml"
  grep -qxF 'pool = "big"' "$DIR/new/etc/ga/pool.toml"
  [ "$(cat "$DIR/new/etc/hostname")" = seven ]
  [ "$(cat "$DIR/new/etc/ga/administrator.keys")" = "$ssh_key" ]
}

@test "a medium without a key takes away those of one that was tried before it" {
  medium --role worker --ssh-key "$DIR/key.pub" >"$DIR/text"
  adopt "$DIR/text"
  medium --role worker >"$DIR/text"
  adopt "$DIR/text"
  [ -f "$DIR/new/etc/ga/administrator.keys" ]
  [ ! -s "$DIR/new/etc/ga/administrator.keys" ]
}

@test "adopt can be repeated" {
  medium --role worker >"$DIR/text"
  adopt "$DIR/text"
  before=$(cat "$DIR/new/etc/ipop/lab.toml" "$DIR/new/etc/hostname" "$DIR/new/etc/ga/pool.toml")
  adopt "$DIR/text"
  [ "$(cat "$DIR/new/etc/ipop/lab.toml" "$DIR/new/etc/hostname" "$DIR/new/etc/ga/pool.toml")" = "$before" ]
}

@test "a machine that its host's node serves gets a name and the administrator's key, and joins nothing" {
  medium lab --host-node --host-name seven --ssh-key "$DIR/key.pub" >"$DIR/text"
  grep -qx 'node = "host"' "$DIR/text"
  run grep token "$DIR/text"
  [ "$status" -eq 1 ]
  run adopt "$DIR/text"
  [ "$status" -eq 0 ]
  [ "$output" = "Configured by $DIR/text; the node of this machine's host serves it" ]
  [ "$(cat "$DIR/new/etc/hostname")" = seven ]
  [ "$(cat "$DIR/new/etc/ga/administrator.keys")" = "$ssh_key" ]
  [ -s "$DIR/new/etc/ga/host-node" ]
  [ ! -e "$DIR/new/etc/ipop" ]
  run medium lab --host-node --role worker
  [ "$status" -eq 2 ]
}

@test "without a medium a machine joins the open demo group and says so" {
  run adopt "$DIR/none" "$DIR/neither"
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == *'joins the open group "demo" of its LAN'* ]]
  grep -q '^name = "demo"' "$DIR/new/etc/ipop/demo.toml"
}

@test "a machine that has a group does not go to the demo group when its medium is gone" {
  medium --role worker >"$DIR/text"
  adopt "$DIR/text"
  before=$(find "$DIR/new" -type f -exec sha256sum {} + | sort)
  run adopt "$DIR/none"
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == *"no medium was found, and this machine has a group already"* ]]
  [ "$(find "$DIR/new" -type f -exec sha256sum {} + | sort)" = "$before" ]
}

@test "a medium that has expired changes nothing" {
  command -v faketime >/dev/null || skip "no faketime"
  medium --role worker --expires 1h --ssh-key "$DIR/key.pub" >"$DIR/text"
  ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 run faketime -f +2h \
    "$GA_BIN/ga-group" --dir "$DIR/new/etc/ipop" adopt --root "$DIR/new" --no-start "$DIR/text"
  [ "$status" -eq 5 ]
  [ "$output" = "ga-group: $DIR/text:1: its join token has expired; write a new medium on a member of the group" ]
  nothing_changed
}

@test "S22: two machines that adopt one medium have different names" {
  medium >"$DIR/text"
  for machine in one two; do
    mkdir -p "$DIR/$machine/etc"
    echo "$machine" >"$DIR/$machine/etc/machine-id"
    "$GA_BIN/ga-group" --dir "$DIR/$machine/etc/ipop" adopt --root "$DIR/$machine" --no-start "$DIR/text"
  done
  [ "$(cat "$DIR/one/etc/hostname")" != "$(cat "$DIR/two/etc/hostname")" ]
}

@test "a broken, empty, foreign or doubled medium is exit status 5 in one line, and nothing is changed" {
  medium >"$DIR/good"
  : >"$DIR/empty"
  echo '#cloud-config' >"$DIR/foreign"
  sed 's/^token = "ga1-..../token = "ga1-/' "$DIR/good" >"$DIR/damaged"
  sed '$a rolls = ["worker"]' "$DIR/good" >"$DIR/typing"
  sed '$a host_name = "other"' "$DIR/good" >"$DIR/other"
  head -c 5000 /dev/urandom >"$DIR/noise"
  for bad in empty foreign damaged typing noise; do
    run adopt "$DIR/$bad"
    [ "$status" -eq 5 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ ${lines[0]} =~ ^"ga-group: $DIR/$bad:"[0-9]+": " ]]
    nothing_changed
    run adopt "$DIR/good" "$DIR/$bad"
    [ "$status" -eq 5 ]
    nothing_changed
  done
  run adopt "$DIR/good" "$DIR/other"
  [ "$status" -eq 5 ]
  [ "$output" = "ga-group: $DIR/other:1: says otherwise than $DIR/good; take one of the two media out" ]
  nothing_changed
  run adopt "$DIR/good" "$DIR/good"
  [ "$status" -eq 0 ]
}

@test "a dry run of adopt shows the files and changes nothing" {
  medium --role worker >"$DIR/text"
  run adopt --dry-run "$DIR/text"
  [ "$status" -eq 0 ]
  [[ $output == *"+++ $DIR/new/etc/ga/pool.toml"* && $output == *"+++ $DIR/new/etc/ipop/lab.toml"* ]]
  nothing_changed
}

@test "S28: --out writes a FAT image with the label, for its owner only, which holds the same text" {
  medium --role worker --expires never >"$DIR/text"
  run medium --role worker --expires never --out "$DIR/medium.img"
  [ "$status" -eq 0 ]
  [[ $output == *"label GA-MEDIUM"* ]]
  [ "$(stat -c %a "$DIR/medium.img")" = 600 ]
  /usr/sbin/fsck.fat -n "$DIR/medium.img"
  mlabel -s -i "$DIR/medium.img" :: | grep -q GA-MEDIUM
  [ "$(mcopy -n -i "$DIR/medium.img" ::appliance.toml -)" = "$(cat "$DIR/text")" ]
  [ "$(ls "$DIR"/medium.img*)" = "$DIR/medium.img" ]
}

@test "S28: a medium goes to a device as it is, which stays what it is, and nothing is left beside its place" {
  mkfifo "$DIR/device"
  timeout 60 cat "$DIR/device" >"$DIR/came" 3>&- &
  reader=$!
  medium --role worker --out "$DIR/device"
  wait "$reader"
  [ -p "$DIR/device" ]
  mcopy -n -i "$DIR/came" ::appliance.toml - | grep -q worker
  mkdir "$DIR/place"
  run medium --role worker --out "$DIR/place"
  [ "$status" -eq 1 ]
  [ "$(ls "$DIR/place"* "$DIR"/device*)" = "$(ls "$DIR/place" "$DIR/device")" ]
  [ -z "$(ls "$DIR/place")" ]
}

@test "what cannot be on a medium is refused where it is made, and no image is left" {
  echo "-----BEGIN OPENSSH PRIVATE KEY-----" >"$DIR/private"
  run medium --ssh-key "$DIR/private" --out "$DIR/medium.img"
  [ "$status" -ne 0 ]
  [[ $output == *"$DIR/private:1: an ssh key"* ]]
  run medium --role wrker --out "$DIR/medium.img"
  [ "$status" -eq 2 ]
  run medium --user $'a"b' --out "$DIR/medium.img"
  [ "$status" -eq 5 ]
  (umask 077 && echo gae1-nonsense >"$DIR/enrolment")
  run medium --enrolment-file "$DIR/enrolment" --out "$DIR/medium.img"
  [ "$status" -eq 5 ]
  run medium --out "$DIR/no/such/medium.img"
  [ "$status" -eq 1 ]
  run ! ls "$DIR"/medium.img* 2>/dev/null
}

@test "S28: an enrolment token on the medium is in a file for root only on the machine" {
  "$GA_BIN/ga-cert" --dir "$DIR/authority" authority init lab --no-passphrase >/dev/null 2>&1
  echo 'accept_tokens = true' >"$DIR/authority/policy.toml"
  "$GA_BIN/ga-cert" --dir "$DIR/authority" token new --out "$DIR/token" >/dev/null 2>&1
  medium --enrolment-file "$DIR/token" >"$DIR/text"
  adopt "$DIR/text"
  cmp "$DIR/token" "$DIR/new/var/lib/ga/enrolment"
  [ "$(stat -c %a "$DIR/new/var/lib/ga/enrolment")" = 600 ]
  chmod 644 "$DIR/token"
  run medium --enrolment-file "$DIR/token"
  [ "$status" -ne 0 ]
}
