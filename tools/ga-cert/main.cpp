#include "io/process.hpp"
#include "options.hpp"
#include "run.hpp"

int main(int argc, char** argv) {
  using namespace ipop;
  io::harden_process();
  const cli::Streams streams = cli::standard_streams(ga_cert::tool, argc, argv);
  const auto parsed = ga_cert::parse_options(argc, argv, streams);
  if (const auto* status = std::get_if<cli::ExitStatus>(&parsed)) return cli::to_int(*status);
  const cli::ExitStatus status = ga_cert::run(std::get<ga_cert::Options>(parsed), streams);
  return cli::to_int(cli::finish(streams, ga_cert::tool, status));
}
