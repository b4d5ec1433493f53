#include "options.hpp"
#include "run.hpp"

int main(int argc, char** argv) {
  using namespace ipop;
  const cli::Streams streams = cli::standard_streams(ipop_dhcp::tool, argc, argv);
  const auto parsed = ipop_dhcp::parse_options(argc, argv, streams);
  if (const auto* status = std::get_if<cli::ExitStatus>(&parsed)) return cli::to_int(*status);
  const cli::ExitStatus status = ipop_dhcp::run(std::get<ipop_dhcp::Options>(parsed), streams);
  return cli::to_int(cli::finish(streams, ipop_dhcp::tool, status));
}
