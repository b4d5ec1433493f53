#include "options.hpp"

#include "cli/human.hpp"
#include "command_line.hpp"

namespace ipop::ipop_ctl {
namespace {

/// Adds a verb that, when it is the one typed, sets `options.verb` to what `make` gives.
template <class Make>
CLI::App* add_verb(CLI::App& app, Options& options, const char* name, const char* description, Make make) {
  CLI::App* verb = app.add_subcommand(name, description);
  verb->callback([&options, make] { options.verb = make(); });
  return verb;
}

void add_simple_verbs(CLI::App& app, Options& options) {
  add_verb(app, options, "status", "Show this node: ring, address, NAT, counters", [] { return ShowStatus{}; });
  add_verb(app, options, "peers", "Show the links of this node, direct or through a member",
           [] { return ShowPeers{}; });
  add_verb(app, options, "events", "Print events as they happen, one JSON object per line",
           [] { return FollowEvents{}; });
  add_verb(app, options, "metrics", "Print counters as Prometheus text", [] { return ShowMetrics{}; });
  add_verb(app, options, "endpoints", "Show where this node can be reached", [] { return ShowEndpoints{}; });
  add_verb(app, options, "reload", "Make the node read its group file and certificate again",
           [] { return ReloadNode{}; });
  add_verb(app, options, "stop", "Shut the node down cleanly", [] { return StopNode{}; });
}

}  // namespace

std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams) {
  Options options;
  CLI::App app("Asks a running ipop-node what it knows and does", tool);
  app.require_subcommand(1);
  tools::share_options(app);
  tools::add_node_options(app, options.node.socket, options.node.group);
  tools::add_duration_option(app, "--timeout", options.node.timeout,
                             "How long to wait for the node (10s; wait: 60s; events: no limit)");
  tools::add_output_options(app, options.output);
  add_simple_verbs(app, options);

  ShowMembers members;
  CLI::App* members_verb =
      add_verb(app, options, "members", "Walk the ring and show every member", [&] { return members; });
  members_verb->add_option("--limit", members.limit, "Stop the walk after this many members (1000)")
      ->type_name("N")
      ->check(CLI::Range(1, 100000));
  members_verb->add_flag("--all", members.all, "Also who was here and is not, since when, and why");

  ShowWhy why;
  add_verb(app, options, "why", "Explain how a node is reached", [&] { return why; })
      ->add_option("NODE", why.target, "Node id or its beginning, address, or name")
      ->type_name("MEMBER")
      ->required();

  PingNode ping;
  CLI::App* ping_verb =
      add_verb(app, options, "ping", "Ping a member, and show the path of each reply", [&] { return ping; });
  ping_verb->add_option("NODE", ping.target, "Node id or its beginning, address, or name")
      ->type_name("MEMBER")
      ->required();
  ping_verb->add_option("-c,--count", ping.count, "Stop after this many (until interrupted)")
      ->type_name("N")
      ->check(CLI::Range(1, 60000));

  CLI::App* dht = app.add_subcommand("dht", "Read and write the distributed hash table");
  dht->require_subcommand(1);
  GetRecord get;
  add_verb(*dht, options, "get", "Print the values of a key", [&] { return get; })
      ->add_option("KEY", get.key, "1 to 255 octets")
      ->type_name("")
      ->required();
  PutRecord put;
  for (const bool exclusive : {false, true}) {
    const char* description = exclusive ? "Store a value unless another node holds the key"
                                        : "Store this node's value for a key, in addition to those of others";
    CLI::App* verb = add_verb(*dht, options, exclusive ? "create" : "put", description, [&put, exclusive] {
      put.exclusive = exclusive;
      return put;
    });
    verb->add_option("KEY", put.key, "1 to 255 octets")->type_name("")->required();
    verb->add_option("VALUE", put.value, "1 to 1024 octets; - reads them from stdin")->type_name("")->required();
    tools::add_duration_option(*verb, "--ttl", put.time_to_live, "How long to keep the value (1h)");
  }

  WatchRecord watch;
  add_verb(*dht, options, "watch", "Print an event whenever the values of a key change", [&] { return watch; })
      ->add_option("KEY", watch.key, "1 to 255 octets")
      ->type_name("")
      ->required();

  CLI::App* wait = app.add_subcommand("wait", "Wait until the node has an address or peers");
  wait->require_subcommand(1);
  add_verb(*wait, options, "lease", "Wait for an address and print it", [] { return WaitForLease{}; });
  WaitForPeers peers;
  add_verb(*wait, options, "peer", "Wait until the node has N links", [&] { return peers; })
      ->add_option("N", peers.count, "How many (1)")
      ->type_name("")
      ->check(CLI::Range(1, 100000));

  if (const auto status = tools::parse_command_line(app, argc, argv, streams)) return *status;
  if (const auto refused = tools::refuse_json(app, options.output.json, streams, {"metrics"})) return *refused;
  // Events come for as long as somebody listens, unless an end was given.
  if (app.count("--timeout") != 0) {
    if (auto* events = std::get_if<FollowEvents>(&options.verb)) events->end = options.node.timeout;
    if (auto* watched = std::get_if<WatchRecord>(&options.verb)) watched->end = options.node.timeout;
  }
  const bool waits = wait->parsed();
  if (waits && app.count("--timeout") == 0) options.node.timeout = std::chrono::seconds(60);
  return options;
}

}  // namespace ipop::ipop_ctl
