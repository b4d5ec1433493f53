#include "group_memory.hpp"

#include "authority_groups.hpp"
#include "cli/text.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"
#include "node_waiting.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;

// The hash table answers in tens of milliseconds; a node that is alone, or joins, is not waited for.
constexpr Duration memory_limit = 3s;
// The longest that the hash table keeps. A server that runs tells it again each half day.
constexpr std::chrono::seconds memory_life = std::chrono::hours(7 * 24);
constexpr std::size_t largest_kept_list = std::size_t{16} << 20U;

}  // namespace

GroupMemory recall(const Context& context, const crypto::Certificate& authority) {
  GroupMemory out;
  // Who may not see the groups of this machine may not ask their nodes either.
  for (const AuthorityGroup& group : groups_of_authority(context, authority).value_or({})) {
    // The node's list is the newest that any of its neighbours has.
    if (const auto octets = io::read_file(files_of(context, group.name).node().revocations(), largest_kept_list)) {
      auto list = crypto::decode_revocation_list(as_bytes(*octets));
      const bool counts = list && list->is_signed_by(authority.public_key());
      if (counts && (!out.list || out.list->number() < list->number())) out.list = *std::move(list);
    }
    auto client = daemon::ControlClient::connect(group.socket);
    if (!client) continue;
    const auto before = tools::ask_node<node::StatusAnswer>(*client, node::StatusCommand{}, memory_limit);
    const auto answer = tools::ask_node<node::DhtAnswer>(
        *client, node::DhtGetCommand{authority::ledger_mark_key(authority)}, memory_limit);
    if (!answer) continue;
    out.was_asked = true;
    // A link that was there before the question was there for it.
    if (before && before->joined && before->links > 0) out.was_alone = false;
    for (const auto& value : answer->values) {
      const auto mark = authority::parse_ledger_mark(as_text(value.value), authority);
      if (mark && (!out.mark || out.mark->count < mark->count)) out.mark = *mark;
    }
  }
  return out;
}

bool is_unheard(const AuthorityDesk& desk, const GroupMemory& memory) {
  if (!memory.was_asked || !memory.was_alone) return false;
  const WallTime now = io::wall_time_now();
  std::optional<crypto::Digest256> one;
  for (const authority::LedgerSigned* certificate : desk.book().certificates()) {
    if (certificate->by == authority::SignedBy::server || !desk.book().is_live(*certificate, now)) continue;
    // One of them is this machine's.
    if (one && *one != certificate->key) return true;
    one = certificate->key;
  }
  return false;
}

std::optional<std::string> find_ledger_fault(const AuthorityDesk& desk, const GroupMemory& memory) {
  if (memory.mark) {
    if (const auto same = desk.compare(*memory.mark); !same) return same.error().message();
  }
  if (memory.list && memory.list->number() > desk.book().list_number())
    return "the ledger in " + desk.directory() + " knows revocation list " + std::to_string(desk.book().list_number()) +
           ", and the group has list " + std::to_string(memory.list->number()) +
           " of this authority: this is an old backup, or a copy of an authority that went on elsewhere";
  return std::nullopt;
}

void suggest_way_out(const Context& context) {
  const std::string which = same_authority(context);
  cli::suggest(context.streams, "on the machine that has the newer ledger: ga-cert authority backup FILE");
  cli::suggest(context.streams, "ga-cert" + which + " authority restore FILE");
  cli::suggest(context.streams, "ga-cert" + which + " authority resume  # instead, if that ledger is lost");
}

ExitStatus check_ledger(const Context& context, const AuthorityDesk& desk) {
  const GroupMemory memory = recall(context, desk.authority());
  const auto fault = find_ledger_fault(desk, memory);
  if (!fault && is_unheard(desk, memory))
    cli::complain(context.streams, tool,
                  "this machine's node reaches no other member, so the ledger was not compared with what the group"
                  " knows");
  if (!fault) return ExitStatus::done;
  cli::complain(context.streams, tool, *fault);
  suggest_way_out(context);
  return ExitStatus::no;
}

bool remember_ledger(const Context& context, AuthorityDesk& desk) {
  const auto mark = desk.sign_mark(io::wall_time_now());
  if (!mark) return false;
  bool out = false;
  for (const AuthorityGroup& group : groups_of_authority(context, desk.authority()).value_or({})) {
    auto client = daemon::ControlClient::connect(group.socket);
    if (!client) continue;
    const auto stored = tools::ask_node<node::DhtAnswer>(
        *client,
        node::DhtPutCommand{authority::ledger_mark_key(desk.authority()), to_bytes(as_bytes(*mark)), memory_life},
        memory_limit);
    out |= stored && stored->outcome == dht::Outcome::done;
  }
  return out;
}

}  // namespace ipop::ga_cert
