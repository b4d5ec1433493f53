#!/usr/bin/env bash
# remote_submit.sh in a group without certificates.
GA_GROUP_KIND=open exec "$(dirname "$0")/remote_submit.sh" "$@"
