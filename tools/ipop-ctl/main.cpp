#include "options.hpp"
#include "run.hpp"

int main(int argc, char** argv) {
  using namespace ipop;
  const cli::Streams streams = cli::standard_streams(ipop_ctl::tool, argc, argv);
  const auto parsed = ipop_ctl::parse_options(argc, argv, streams);
  if (const auto* status = std::get_if<cli::ExitStatus>(&parsed)) return cli::to_int(*status);
  const cli::ExitStatus status = ipop_ctl::run(std::get<ipop_ctl::Options>(parsed), streams);
  return cli::to_int(cli::finish(streams, ipop_ctl::tool, status));
}
