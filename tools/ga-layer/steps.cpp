#include "steps.hpp"

#include "cli/json_writer.hpp"
#include "cli/progress.hpp"
#include "cli/text.hpp"

namespace ipop::ga_layer {

Result<void> Steps::take(const std::string& text, const std::function<Result<void>()>& work) {
  plan_.push_back(text);
  if (is_plan()) return {};
  cli::Progress progress(context_.streams);
  progress.show(cli::printable(text));
  return work();
}

cli::ExitStatus Steps::finish(const std::string& done) {
  std::ostream& out = context_.streams.out;
  if (context_.options.output.json) {
    cli::JsonWriter json("ga-layer.steps/1");
    json.field("changed", !is_plan() && !plan_.empty());
    json.begin_array("steps");
    for (const std::string& step : plan_)
      json.element(step);
    json.end();
    out << json.text() << '\n';
  } else if (is_plan()) {
    for (const std::string& step : plan_)
      out << cli::printable(step) << '\n';
    if (plan_.empty()) context_.streams.err << "Nothing to do\n";
  } else if (!done.empty()) {
    context_.streams.err << cli::printable(done) << '\n';
  }
  return cli::ExitStatus::done;
}

}  // namespace ipop::ga_layer
