#include "options.hpp"
#include "run.hpp"

int main(int argc, char** argv) {
  using namespace ipop;
  const cli::Streams streams = cli::standard_streams(ga_update::tool, argc, argv);
  const auto parsed = ga_update::parse_options(argc, argv, streams);
  if (const auto* status = std::get_if<cli::ExitStatus>(&parsed)) return cli::to_int(*status);
  const cli::ExitStatus status = ga_update::run(std::get<ga_update::Options>(parsed), streams);
  return cli::to_int(cli::finish(streams, ga_update::tool, status));
}
