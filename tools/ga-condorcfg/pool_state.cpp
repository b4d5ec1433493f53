#include "pool_state.hpp"

#include "cli/streams.hpp"
#include "node_waiting.hpp"

namespace ipop::ga_condorcfg {
namespace {

constexpr Duration state_limit = 20s;

}  // namespace

Result<PoolState> ask_pool(const std::string& socket, const PoolFiles& files) {
  auto client = daemon::ControlClient::connect(socket);
  if (!client) return std::move(client).error();
  auto status = tools::ask_node<node::StatusAnswer>(*client, node::StatusCommand{}, state_limit);
  if (!status) return std::move(status).error();
  PoolState out{*std::move(status), {}, {}};
  const auto found =
      tools::ask_node<node::DhtAnswer>(*client, node::DhtGetCommand{std::string(pool::manager_key)}, state_limit);
  // One that is cut off or revoked still knows of itself.
  if (found)
    out.managers = managers_of(*found, files);
  else
    out.trouble = found.error();
  return out;
}

void report_notices(const Context& context, const node::StatusAnswer& status) {
  for (const std::string& notice : status.notices)
    cli::complain(context.streams, tool, notice);
}

}  // namespace ipop::ga_condorcfg
