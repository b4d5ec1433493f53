#include "options.hpp"
#include "run.hpp"

int main(int argc, char** argv) {
  using namespace ipop;
  const cli::Streams streams = cli::standard_streams(ga_simplenode::tool, argc, argv);
  const auto parsed = ga_simplenode::parse_options(argc, argv, streams);
  if (const auto* status = std::get_if<cli::ExitStatus>(&parsed)) return cli::to_int(*status);
  const cli::ExitStatus status = ga_simplenode::run(std::get<ga_simplenode::Options>(parsed), streams);
  return cli::to_int(cli::finish(streams, ga_simplenode::tool, status));
}
