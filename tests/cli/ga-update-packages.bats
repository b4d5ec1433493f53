#!/usr/bin/env bats
# ga-update --packages: an upgrade by this machine's own apt and dpkg, in an overlay over its root. The repository is one of
# ours, signed; a boot is the boot disk's own script.

bats_require_minimum_version 1.5.0

load layers.bash
load nodes.bash
load updates.bash

setup_file() {
  [ "$EUID" -eq 0 ] || return 0
  export GNUPGHOME=$BATS_FILE_TMPDIR/keys KEY=tester@grid-appliance.example BASE=/
  mkdir -m 700 "$GNUPGHOME"
  gpg --batch --quiet --passphrase '' --quick-generate-key "$KEY" ed25519 sign 1d 2>/dev/null
  # As small as it gets: the boot disk copies it.
  strip -o "$BATS_FILE_TMPDIR/ga-update" "$GA_BIN/ga-update"
}
teardown_file() { gpgconf --kill gpg-agent 2>/dev/null || true; }
setup() {
  [ "$EUID" -eq 0 ] || skip "mounting through the kernel needs root"
  for program in busybox apt-get dpkg-deb dpkg-scanpackages gpg; do
    command -v "$program" >/dev/null || skip "$program is not installed"
  done
  # shellcheck source=/dev/null
  . /etc/os-release
  RELEASE=$VERSION_CODENAME ARCHITECTURE=$(dpkg --print-architecture) SUFFIX=+deb$VERSION_ID
  layer_setup
  # An overlay's upper layer can't be below what lies under it and be seen there too.
  mkdir -p "$DIR/disk"
  mount -t tmpfs tmpfs "$DIR/disk"
  STORE=$DIR/disk/store
  mkdir -p "$STORE/home/up" "$STORE/home/wk"
  update_setup
  printf 'none\npackages\n' >"$DIR/run/update"
  package ga-one 1 "$DIR/one"
  package ga-two 1 "$DIR/one"
  repository one
  cp -r "$DIR/repository" "$DIR/first"
  machine sh -ec 'rm -rf /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/preferences.d /var/lib/apt/lists
    mkdir -p /etc/apt/sources.list.d /etc/apt/preferences.d /etc/apt/keyrings /var/lib/apt/lists/partial
    : >/etc/apt/sources.list
    cp "$0/repository/grid-appliance.gpg" /etc/apt/keyrings/
    cp "$1/ga-update" /usr/sbin/ga-update
    [ -x /sbin/init ] || cp /bin/true /sbin/init
    dpkg --install "$0"/one/*.deb' "$DIR" "$BATS_FILE_TMPDIR" >"$DIR/log" 2>&1
  source_is "deb [signed-by=/etc/apt/keyrings/grid-appliance.gpg] copy:$DIR/repository $RELEASE main"
}
teardown() { layer_teardown; }

# package NAME VERSION FOLDER [DEPENDS [POSTINST]]: in FOLDER; its file says the version
package() {
  local tree=$DIR/tree
  mkdir -p "$tree/DEBIAN" "$tree/usr/share/ga-test" "$3"
  printf '%s\n' "Package: $1" "Version: $2$SUFFIX" "Architecture: $ARCHITECTURE" "Maintainer: $KEY" \
    "Installed-Size: 8" "Description: a package of a test" ${4:+"Depends: $4"} >"$tree/DEBIAN/control"
  [[ -z ${5-} ]] || { printf '#!/bin/sh\n%s\n' "$5" >"$tree/DEBIAN/postinst"; chmod 755 "$tree/DEBIAN/postinst"; }
  echo "$2" >"$tree/usr/share/ga-test/$1"
  dpkg-deb --root-owner-group -Znone --build "$tree" "$3/$1_$2_$ARCHITECTURE.deb" >/dev/null
  rm -r "$tree"
}
# repository FOLDER: what is in $DIR/FOLDER is offered too
repository() { (cd "$DIR" && "$GA_SOURCE/scripts/apt_repository" repository "$KEY" "$1" >>"$DIR/log" 2>&1); }
# machine COMMAND...: on the machine while it runs, over the network, so to speak
machine() {
  # shellcheck disable=SC2016  # for the shell inside
  unshare --mount --propagation private busybox sh -c '
    layers=$1 dir=$2 bin=$3 place=$2/run root=$2/root mode=normal development="" trial=none
    shift 3
    say() { :; }
    . "$GA_SOURCE/packaging/appliance/boot-layers"
    mount --bind / "$place/base" && lay "$layers/stack" || exit 125
    for folder in dev proc sys; do mount --bind "/$folder" "$root/$folder"; done
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mkdir -p "$root/var/lib/ga/layers" "$root$dir" "$root$bin"
    mount --bind "$layers" "$root/var/lib/ga/layers" && mount --bind "$bin" "$root$bin" && mount --rbind "$dir" "$root$dir"
    exec chroot "$root" /usr/bin/env PATH="$dir/stubs:/usr/sbin:/usr/bin:/sbin:/bin" "$@"' \
    sh "$STORE" "$DIR" "$BATS_FILE_TMPDIR" "$@"
}
update() { machine ga-update --run "$DIR/run" --groups "$DIR/etc" "$@"; }
source_is() { printf '%s\n' "$@" >"$STORE/home/up/etc/apt/sources.list"; }
# What the machine has of our packages.
versions() { machine sh -c 'cat /usr/share/ga-test/* | tr "\n" " "; dpkg-query -W -f "\${Version} " "ga-one*" "ga-t*"'; }
# two_is_offered [POSTINST of ga-two]: both are newer, and a third is needed
# later_than FILE: the clock shows another second, which is all that apt's dates tell apart
later_than() { (($(date +%s) > $(stat -c %Y "$1"))); }
two_is_offered() {
  within later_than "$DIR/repository/dists/$RELEASE/Release"
  package ga-one 2 "$DIR/two"
  package ga-two 2 "$DIR/two" ga-three "${1-}"
  package ga-three 1 "$DIR/two"
  repository two
}
is_first() { [[ $(versions) == "1 1 1$SUFFIX 1$SUFFIX " ]]; }
is_second() { [[ $(versions) == "2 1 2 2$SUFFIX 1$SUFFIX 2$SUFFIX " ]]; }
# went_back REASON: the machine says so, is what it was, and nothing is left
went_back() {
  run update confirm
  [ "$status" -eq 1 ]
  [[ $output == "The machine went back from packages-1: "$1 ]]
  is_first
  [ "$(find "$STORE/update" -mindepth 1 -maxdepth 1 ! -name history ! -name tried)" = "" ]
  [[ $(tail -n 1 "$STORE/update/history") == *" back packages "*" 0 1 "$1 ]]
}
# home_is_kept: home, as it is when an update is prepared, to compare with
home_is_kept() { tree_of "$STORE/home/up" >"$DIR/home_before"; }
is_the_home() { tree_of "$STORE/home/up" | diff - "$DIR/home_before"; }

@test "newer packages are upgraded by the boot that tries them, and kept once the machine is content" {
  two_is_offered
  run update check --packages
  [ "$status" -eq 0 ]
  [ "$output" = "ga-one 2$SUFFIX would be taken, after 1$SUFFIX
ga-three 1$SUFFIX would be taken, which is new
ga-two 2$SUFFIX would be taken, after 1$SUFFIX" ]
  [ "$(update check --packages --plain | tail -n 1)" = "$(printf 'package\tga-two\t1%s\t2%s' "$SUFFIX" "$SUFFIX")" ]
  update check --packages --json | jq -e '.kind == "packages" and .to == 1 and (.packages | length == 3) and .packages[1].from == ""'
  run update apply --packages --want pool
  echo "$output"
  [ "$status" -eq 0 ]
  [ "$output" = "packages-1 is prepared: the machine restarts to try it" ]
  [ "$(cat "$DIR/restarts")" = "--no-block reboot" ]
  [ "$(find "$STORE/update/packages/archives" -name '*.deb' | wc -l)" -eq 3 ]
  is_first
  run boot normal 'echo new >$root/mark'
  echo "$output"
  [ "${lines[0]}" = "console: keeps a copy of what was written, before the update is tried" ]
  [ "${lines[1]}" = "console: upgrades the packages, before the machine starts" ]
  [ "${#lines[@]}" -eq 2 ]
  is_second
  [ ! -e "$STORE/home/up/usr/sbin/policy-rc.d" ]
  [ "$(update status --plain | cut -f1-5)" = "$(printf 'trying\tpackages\t0\t1\t0')" ]
  run update confirm
  [ "$status" -eq 0 ]
  [ "${lines[-1]}" = "packages-1 is content and in use" ]
  [ "$(find "$STORE/update" -mindepth 1 -maxdepth 1)" = "$STORE/update/history" ]
  [ "$(boot normal)" = new ]
  is_second
  [ "$(update history --plain | cut -f2-)" = "$(printf 'packages\t0\t1\tcontent\t')" ]
  run update apply --packages
  [ "$status" -eq 0 ]
  [ "$output" = "no package has a newer version" ]
  [ "$(update check --packages)" = "no package has a newer version" ]
  # And the next ones are the second.
  package ga-one 3 "$DIR/three"
  repository three
  run update apply --packages --want none
  [ "$output" = "packages-2 is prepared: the machine restarts to try it" ]
}

@test "S20: packages that fail to upgrade are left by the boot that tries them" {
  two_is_offered 'echo broken; exit 3'
  update apply --packages --want none
  home_is_kept
  run boot normal
  [ "$status" -eq 0 ]
  echo "$output"
  [[ ${lines[2]} == "console: the update is given up: the packages could not be upgraded: ga-two: "*"exit status 3" ]]
  is_the_home
  went_back "the packages could not be upgraded: ga-two: *exit status 3"
  # They are not tried again by themselves; once one of them is another, they are.
  run update apply --packages --want none
  [ "$status" -eq 1 ]
  [[ $output == "ga-update: packages-1: the machine went back from it (the packages could not"*"); --again tries it again" ]]
  package ga-two 3 "$DIR/three" ga-three
  repository three
  update apply --packages --want none
  boot normal >/dev/null
  run update confirm
  [ "$status" -eq 0 ]
  [[ $(versions) == "2 1 3 "* ]]
}

@test "what the boot would install and apply has not looked at is not installed" {
  two_is_offered
  update apply --packages --want none
  machine dpkg --remove ga-two >/dev/null
  is_first() { [[ $(versions) == "1 1$SUFFIX "* ]]; }
  run boot normal
  [[ $output == *"given up: the packages could not be upgraded: apt would do something else now than what was looked at" ]]
  went_back "the packages could not be upgraded: apt would do something else now than what was looked at"
}

@test "S20: packages with which the machine is not content are left" {
  two_is_offered 'touch /changed-by-two'
  update apply --packages --want pool --limit 1s
  home_is_kept
  boot normal 'echo new >$root/mark'
  is_second
  rm "$DIR/pool"
  run update confirm
  [ "$status" -eq 1 ]
  [ "${lines[-1]}" = "packages-1 is given up (within 1 s condor_status gets no answer): the machine restarts to put the old state back" ]
  boot normal
  is_the_home
  went_back "within 1 s condor_status gets no answer"
  [ -e "$STORE/update/tried/up/changed-by-two" ]
  : >"$DIR/pool"
  update apply --packages --again --want pool
}

@test "S20: a loss of power while packages are upgraded leads back, also when more boots are left" {
  # It says that it is there, and waits for the end.
  two_is_offered 'echo >/var/lib/ga/layers/halfway; read -r _ </var/lib/ga/layers/never'
  mkfifo "$STORE/never"
  for boots in 1 2; do
    rm -f "$STORE/halfway"
    update apply --packages --want none --again --boots "$boots"
    home_is_kept
    ALONE=1 boot normal >"$DIR/said" 2>&1 3>&- &
    local machine=$!
    within test -e "$STORE/halfway"
    power_fails "$machine"
    [ -e "$STORE/home/up/usr/share/ga-test/ga-three" ]
    run boot normal
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "console: the update is given up: the machine started again before its packages were upgraded" ]
    is_the_home
    went_back "the machine started again before its packages were upgraded"
  done
}

@test "S20: when the power fails at any change of the boot disk, no half of an upgrade is left" {
  two_is_offered
  update apply --packages --want none
  home_is_kept
  cp -a "$STORE" "$DIR/disk/kept"
  for ((at = 1; at < 60; at++)); do
    rm -rf "$STORE"
    cp -a "$DIR/disk/kept" "$STORE"
    said=$(CUT=$at boot normal) || true
    [[ $said == *"power failed" ]] || break
    boot normal >/dev/null
    is_first || is_second || { echo "cut at $at: $(versions)"; return 1; }
    # Whatever it is, it goes back from there when nothing is confirmed.
    boot normal >/dev/null
    update confirm 2>/dev/null || true
    is_the_home || { echo "cut at $at: not back"; return 1; }
  done
  echo "# cut short at $((at - 1)) places" >&3
  ((at > 6 && at < 60))
}

# larger ARCHIVE COMMAND [FOLDER]: COMMAND changes what is in it, before it is offered
larger() {
  local archive=$DIR/${3:-two}/$1_$ARCHITECTURE.deb
  dpkg-deb --raw-extract "$archive" "$DIR/large"
  (cd "$DIR/large" && eval "$2")
  dpkg-deb --root-owner-group -Zgzip --build "$DIR/large" "$archive" >/dev/null
  rm -r "$DIR/large"
  repository "${3:-two}"
}
@test "S20: packages that fill the disk lead back, and those for which there is no room are refused" {
  # It says that it is small.
  two_is_offered
  truncate -s 40M "$DIR/zeros"
  larger ga-two_2 "cp $DIR/zeros usr/share/ga-test/zeros"
  update apply --packages --want none
  home_is_kept
  mount -o "remount,size=$(($(du -sk "$DIR/disk" | cut -f1) * 2 + 20000))k" "$DIR/disk"
  run boot normal
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output == *"given up: the packages could not be upgraded: ga-two_2"*"No space left on d"* ]]
  is_the_home
  went_back "the packages could not be upgraded: *No space left on d*"
  package ga-one 3 "$DIR/three"
  larger ga-one_3 "sed -i 's/^Installed-Size: .*/Installed-Size: 900000000/' DEBIAN/control" three
  run update apply --packages --want none
  [ "$status" -eq 1 ]
  [[ $output == "ga-update: /var/lib/ga/layers has "*" left, and 8"*" are needed for the update and a copy of what was written" ]]
  [ ! -e "$STORE/update/journal" ]
}

# refused WORDS [VERB...]: one line, and nothing is prepared
refused() {
  local words=$1 verb
  shift
  for verb in "${@:-check apply}"; do
    for verb in $verb; do
      # shellcheck disable=SC2046  # options of apply alone
      run update "$verb" --packages $([[ $verb == check ]] || echo --want none)
      echo "$verb: $output"
      [ "$status" -eq 1 ]
      [ "${#lines[@]}" -eq 1 ]
      [[ $output == "ga-update: "*"$words"* ]]
      [ -z "$(find "$STORE/update" -mindepth 1 2>/dev/null)" ]
      [ ! -s "$DIR/restarts" ]
    done
  done
  is_first
}
# signed_again FOLDER: its lists, with what its Release says now
signed_again() {
  gpg --batch --yes --local-user "$KEY" --clearsign --output "$1/dists/$RELEASE/InRelease" "$1/dists/$RELEASE/Release"
  rm -f "$1/dists/$RELEASE/Release.gpg"
}

@test "S20: what is unsigned, forged or of another release changes nothing" {
  two_is_offered
  local by="signed-by=/etc/apt/keyrings/grid-appliance.gpg" name
  cp -r "$DIR/repository" "$DIR/case"
  rm "$DIR/case/dists/$RELEASE/InRelease" "$DIR/case/dists/$RELEASE/Release.gpg"
  source_is "deb [$by] copy:$DIR/case $RELEASE main"
  refused "is not signed"
  source_is "deb [trusted=yes] copy:$DIR/case $RELEASE main"
  refused "/etc/apt/sources.list, line 1: an option there takes packages that nobody has signed"
  : >"$STORE/home/up/etc/apt/sources.list"
  printf '%s\n' "Types: deb" "URIs: copy:$DIR/case" "Suites: $RELEASE" "Components: main" "Trusted: yes" \
    >"$STORE/home/up/etc/apt/sources.list.d/case.sources"
  refused "/etc/apt/sources.list.d/case.sources, line 5: an option there takes packages that nobody has signed"
  rm "$STORE/home/up/etc/apt/sources.list.d/case.sources"
  # What an administrator has allowed to apt is not allowed to this.
  mkdir -p "$STORE/home/up/etc/apt/apt.conf.d"
  echo 'APT::Get::AllowUnauthenticated "true"; Acquire::AllowInsecureRepositories "true";' >"$STORE/home/up/etc/apt/apt.conf.d/99case"
  source_is "deb [$by] copy:$DIR/case $RELEASE main"
  refused "is not signed"
  rm "$STORE/home/up/etc/apt/apt.conf.d/99case"
  gpg --batch --quiet --passphrase '' --quick-generate-key stranger@grid-appliance.example ed25519 sign 1d 2>/dev/null
  cp -r "$DIR/repository/." "$DIR/case/"
  KEY=stranger@grid-appliance.example signed_again "$DIR/case"
  source_is "deb [$by] copy:$DIR/case $RELEASE main"
  refused "is not signed"
  cp -r "$DIR/repository/." "$DIR/case/"
  find "$DIR/case/dists" -name Packages -exec sed -i 's/^Description: .*/Description: an unsaid one/' {} + -exec gzip -9nkf {} +
  refused "Failed to fetch"
  cp -r "$DIR/repository/." "$DIR/case/"
  for name in sid "$RELEASE"x ''; do
    sed "s/^Codename: .*/Codename: $name/" "$DIR/repository/dists/$RELEASE/Release" | grep -v ': $' >"$DIR/case/dists/$RELEASE/Release"
    signed_again "$DIR/case"
    # Or apt itself would not follow it to another release.
    rm -f "$STORE"/home/up/var/lib/apt/lists/*InRelease
    refused " is for ${name:-no release that it names}, and this machine is of $RELEASE"
  done
  source_is
  refused "apt has no repository whose lists were read"
}

@test "S20: what is older, or not what its list says, changes nothing" {
  two_is_offered
  # Older packages that somebody has pinned.
  package ga-one 3 "$DIR/three"
  cp "$DIR/three/ga-one_3_$ARCHITECTURE.deb" "$DIR/disk/"
  machine dpkg --install "$DIR/disk/ga-one_3_$ARCHITECTURE.deb" >/dev/null
  printf '%s\n' "Package: ga-one" "Pin: version 2*" "Pin-Priority: 1001" >"$STORE/home/up/etc/apt/preferences.d/old"
  is_first() { [[ $(versions) == "3 1 3$SUFFIX 1$SUFFIX " ]]; }
  refused "ga-one 2$SUFFIX is older than 3$SUFFIX, which is in use"
  rm "$STORE/home/up/etc/apt/preferences.d/old"
  # A repository as it was before, after the newer one was seen.
  update check --packages >/dev/null
  mv "$DIR/repository" "$DIR/newer"
  cp -r "$DIR/first" "$DIR/repository"
  refused "" apply
  rm -r "$DIR/repository"
  cp -r "$DIR/newer" "$DIR/repository"
  # An archive that was changed.
  printf x | dd of="$DIR/repository/pool/$RELEASE/ga-two_2_$ARCHITECTURE.deb" bs=1 seek=300 conv=notrunc status=none
  refused "Failed to fetch" apply
}

@test "hold, a boot disk that can't, a wait, a dry run: as with a release" {
  two_is_offered
  update check --packages >/dev/null
  run update --dry-run apply --packages --want none
  [ "${lines[1]}" = "download ga-one 2$SUFFIX, after 1$SUFFIX" ]
  [ "${lines[-1]}" = "restart the machine" ]
  [ ! -e "$STORE/update" ]
  echo none >"$DIR/run/update"
  refused "this machine was started by a boot disk that upgrades no packages" apply
  printf 'none\npackages\n' >"$DIR/run/update"
  update hold
  run update apply --packages --want none
  [ "$status" -eq 1 ]
  [ "$output" = "ga-update: updates are on hold: ga-update unhold ends that" ]
  # What was downloaded for an update that never began goes with the next command.
  mkdir -p "$STORE/update/packages/archives"
  update unhold
  [ ! -e "$STORE/update/packages" ]
  mkdir -p "$DIR/execute/dir_1"
  run update apply --packages --want none --when-idle --execute "$DIR/execute" --within 1s
  [ "$status" -eq 6 ]
  printf 'w%d.lab.ipop\n' 1 2 3 4 >"$DIR/machines"
  printf 'w%d.lab.ipop\n' 2 >"$DIR/pool"
  run update apply --packages --want none --share 50 --every 1s --machines "$DIR/machines" --name w2.lab.ipop --within 1s
  [ "$status" -eq 6 ]
  [ ! -e "$STORE/update/journal" ]
  cp "$DIR/machines" "$DIR/pool"
  run update apply --packages --want none --share 50 --every 1s --machines "$DIR/machines" --name w2.lab.ipop --no-restart
  [ "$status" -eq 0 ]
  [[ ${lines[0]} =~ in\ wave\ [12]\ of\ 2$ ]]
  [ "${lines[-1]}" = "packages-1 is prepared: the next restart tries it" ]
  [ ! -s "$DIR/restarts" ]
  run update back
  [ "$status" -eq 0 ]
  [ ! -e "$STORE/update/packages" ]
  for wrong in "apply" "check" "apply --packages x.squashfs" "apply --packages --other-signer"; do
    # shellcheck disable=SC2086  # words
    run update $wrong
    [ "$status" -eq 2 ]
  done
  run update install
  [ "$status" -eq 1 ]
  [ "$output" = "ga-update: no boot tries packages that are not installed yet" ]
}
