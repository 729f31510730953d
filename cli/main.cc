// The `odometer` binary: reads the command line and runs one sub-command.
#include <CLI/CLI.hpp>

#include <exception>
#include <functional>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "cli/client/client_commands.h"
#include "cli/config/config_loader.h"
#include "cli/config/config_text.h"
#include "cli/control/controller.h"
#include "cli/control_command.h"
#include "cli/dead_letters_command.h"
#include "cli/listener.h"
#include "cli/rebuild_command.h"
#include "cli/rules_command.h"
#include "cli/service_commands.h"
#include "cli/version.h"
#include "common/base/log.h"
#include "processor/dead_letter.h"

namespace odometer::cli {
namespace {

// The flags that every sub-command with a configuration has.
struct ConfigFlags {
  std::vector<std::string> files;
  std::vector<std::string> sets;
  std::string listen;
  std::string log_level;
};

void AddConfigFlags(CLI::App* command, ConfigFlags* flags) {
  command->add_option("--config", flags->files, "YAML file; may be repeated, the later one wins")
      ->take_all()
      ->allow_extra_args(false);  // what follows the file is no second one
  command->add_option("--set", flags->sets, "KEY=VALUE: set one option, over files and environment")
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("--log-level", flags->log_level, "trace, debug, info, warn, error or off");
}

// The same flags for another process.
std::vector<std::string> Arguments(const ConfigFlags& flags) {
  std::vector<std::string> arguments;
  for (const std::string& file : flags.files) arguments.push_back("--config=" + file);
  for (const std::string& set : flags.sets) arguments.push_back("--set=" + set);
  if (!flags.log_level.empty()) arguments.push_back("--log-level=" + flags.log_level);
  return arguments;
}

Result<LoadedConfig> TryLoad(const ConfigFlags& flags, const std::string& listen_key) {
  ConfigInput input;
  input.files = flags.files;
  input.environment = ProcessEnvironment();
  for (const std::string& set : flags.sets) {
    size_t equals = set.find('=');
    if (equals == std::string::npos) return Status::Invalid("--set " + set + ": not KEY=VALUE");
    input.flags.push_back({set.substr(0, equals), set.substr(equals + 1), "--set"});
  }
  if (!flags.listen.empty()) input.flags.push_back({listen_key, flags.listen, "--listen"});
  if (!flags.log_level.empty()) input.flags.push_back({"log.level", flags.log_level, "--log-level"});
  return LoadConfig(input);
}

// Prints what is wrong, when something is.
std::optional<LoadedConfig> Load(const ConfigFlags& flags, const std::string& listen_key) {
  Result<LoadedConfig> loaded = TryLoad(flags, listen_key);
  if (!loaded.ok()) {
    std::cerr << "odometer: the configuration is not valid\n" << loaded.status().message() << "\n";
    return std::nullopt;
  }
  return std::move(*loaded);
}

void AddTokenFlag(CLI::App* command, std::string* token) {
  command->add_option("--token", *token, "The token to show; better in the environment, where others do not see it")
      ->envname(std::string(kTokenVariable));
}

// Everything that the command line says.
class CommandLine {
 public:
  CommandLine() {
    app_.set_version_flag("--version", VersionText());
    app_.require_subcommand(0, 1);  // Run checks that there is one: the library's own check hides misspelt names
    app_.footer("Examples:\n"
                "  odometer start --config odometer.yaml\n"
                "  odometer serve --config odometer.yaml --listen 127.0.0.1:3000\n"
                "  odometer track visits 3\n"
                "  odometer get visits\n"
                "Every sub-command has its own --help.");
    AddService("processor", "Consume the input topic, keep the counts, commit them exactly once", "processor.listen",
               RunProcessor,
               "  odometer processor --config odometer.yaml\n"
               "  odometer processor --config odometer.yaml --set instance.id=odometer-2 --set state.dir=/data/2");
    AddService("query", "Answer questions over HTTP, beside a processor", "query.listen", RunQuery,
               "  odometer query --config odometer.yaml --listen 127.0.0.1:7000");
    AddService("ingest", "Take events over HTTP and write them to the input topic", "ingest.listen", RunIngest,
               "  odometer ingest --config odometer.yaml --listen 127.0.0.1:8000");
    AddService("serve", "Ingest and query on one port", "serve.listen", RunServe,
               "  odometer serve --config odometer.yaml --listen 127.0.0.1:3000");
    AddService("webhook", "Post alerts to the webhooks of their orgs", "webhook.listen", RunWebhook,
               "  odometer webhook --config odometer.yaml");
    AddControl();
    AddRebuild();
    AddTrack();
    AddGet();
    AddDeadLetters();
    AddRules();
    AddConfig();
  }

  int Run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      return app_.exit(e) == 0 ? 0 : kUsageError;
    }
    if (!action_) {
      const std::vector<CLI::App*> chosen = app_.get_subcommands();
      std::cerr << (chosen.empty() ? app_ : *chosen.front()).help();
      return kUsageError;
    }
    return action_();
  }

 private:
  CLI::App* AddCommand(CLI::App* parent, const std::string& name, const std::string& description,
                       const std::string& examples, std::function<int()> action) {
    CLI::App* command = parent->add_subcommand(name, description);
    command->footer("Examples:\n" + examples);
    command->callback([this, action = std::move(action)] { action_ = action; });
    return command;
  }

  void AddService(const std::string& name, const std::string& description, const std::string& listen_key,
                  int (*run)(const Config&, const ConfigSource&, StopSignal*), const std::string& examples) {
    CLI::App* command = AddCommand(&app_, name, description, examples, [this, listen_key, run] {
      const ConfigSource source = [this, listen_key]() -> Result<Config> {
        Result<LoadedConfig> loaded = TryLoad(flags_, listen_key);
        if (!loaded.ok()) return loaded.status();
        return std::move(loaded->config);
      };
      return RunWithConfig(listen_key, /*takes_hangup=*/true, [&source, run](const Config& config, StopSignal* stop) {
        return run(config, source, stop);
      });
    });
    AddConfigFlags(command, &flags_);
    command->add_option("--listen", flags_.listen, "host:port; the same as --set " + listen_key + "=…");
  }

  int RunWithConfig(const std::string& listen_key, bool takes_hangup,
                    const std::function<int(const Config&, StopSignal*)>& run) {
    std::optional<LoadedConfig> loaded = Load(flags_, listen_key);
    if (!loaded) return kUsageError;
    if (Status status = SetLogLevel(loaded->config.log_level); !status.ok()) {
      std::cerr << "odometer: " << status.message() << "\n";
      return kUsageError;
    }
    StopSignal stop(StopSignal::kHardExitMs, takes_hangup);
    return run(loaded->config, &stop);
  }

  CLI::App* AddControlCommand(const std::string& name, const std::string& description, const std::string& examples,
                              int (*run)(const Config&, const ControlRequest&)) {
    CLI::App* command = AddCommand(&app_, name, description, examples, [this, run] {
      std::optional<LoadedConfig> loaded = Load(flags_, "");
      if (!loaded) return kUsageError;
      control_.arguments = Arguments(flags_);
      return run(loaded->config, control_);
    });
    AddConfigFlags(command, &flags_);
    std::vector<std::string> names(std::begin(kServices), std::end(kServices));
    names.emplace_back(kAllServices);
    command->add_option("NAME", control_.names, "processor, query, ingest, serve, webhook or all: the first three, and those that run; none is all")
        ->check(CLI::IsMember(names));
    return command;
  }

  void AddControl() {
    CLI::App* start = AddControlCommand("start", "Start processes in the background, and wait until they are ready",
                                        "  odometer start --config odometer.yaml\n"
                                        "  odometer start --config odometer.yaml --timeout 10m processor query",
                                        RunStart);
    CLI::App* stop = AddControlCommand("stop", "Stop processes of the background: they finish what is under way",
                                       "  odometer stop --config odometer.yaml\n"
                                       "  odometer stop ingest --config odometer.yaml --force",
                                       RunStop);
    CLI::App* restart = AddControlCommand("restart", "Stop and start processes, one after the other",
                                          "  odometer restart --config odometer.yaml\n"
                                          "  odometer restart processor --config odometer.yaml --timeout 10m",
                                          RunRestart);
    for (CLI::App* command : {start, restart}) {
      command->add_option("--timeout", control_.timeout, "How long to wait until they are ready; 60s unless given");
    }
    stop->add_option("--timeout", control_.timeout, "How long to wait until they have stopped; 30s unless given");
    for (CLI::App* command : {stop, restart}) {
      command->add_flag("--force", control_.force, "Kill what has not stopped in time; what is committed is kept");
    }
    CLI::App* status = AddControlCommand(
        "status", "Say what runs, and whether it is ready: exit code 0, else 1, or 3 when one does not run",
        "  odometer status --config odometer.yaml\n"
        "  odometer status processor --config odometer.yaml --json",
        RunStatus);
    status->add_flag("--json", control_.json, "One JSON object per line");
    CLI::App* logs = AddControlCommand("logs", "Print the end of the logs of processes of the background",
                                       "  odometer logs --config odometer.yaml\n"
                                       "  odometer logs processor --config odometer.yaml -n 100 -f",
                                       RunLogs);
    logs->add_option("-n,--lines", control_.lines, "How many lines")->capture_default_str();
    logs->add_flag("-f,--follow", control_.follow, "Go on with what is logged from now on");
  }

  void AddRebuild() {
    CLI::App* command = AddCommand(
        &app_, "rebuild",
        "Count the topics anew, by the rules as they are now, into a fresh state beside the one in use, and switch over: "
        "the processor that `odometer start` runs is stopped for a moment and started again, any other one is waited for "
        "until you restart it; queries follow by themselves. Definitions, readings and alerts are not decided a second "
        "time. Run it once more to go on after it was interrupted",
        "  odometer rebuild --config odometer.yaml\n"
        "  odometer rebuild --config odometer.yaml --from 2026-01-31T00:00:00Z\n"
        "  odometer rebuild --config odometer.yaml --from shop.orders/0@1200,shop.orders/1@900 --again\n"
        "  odometer rebuild --config odometer.yaml --forget-old",
        [this] {
          rebuild_.arguments = Arguments(flags_);
          return RunWithConfig("", /*takes_hangup=*/false, [this](const Config& config, StopSignal* stop) {
            return RunRebuild(config, rebuild_, stop);
          });
        });
    AddConfigFlags(command, &flags_);
    command->add_option("--from", rebuild_.from,
                        "Where to begin: earliest, unless given; a time (ISO-8601 or epoch ms), by the timestamps of "
                        "the records; or TOPIC/PARTITION@OFFSET[,…], the other partitions from their beginning");
    command->add_flag("--again", rebuild_.again, "Abandon what an interrupted rebuild has counted, and begin anew");
    command->add_flag("--abandon", rebuild_.abandon, "Delete what an interrupted rebuild has counted, and do no more");
    command->add_flag("--forget-old", rebuild_.forget_old,
                      "Delete the generation before the switch: its folder and its changelogs");
  }

  void AddTrack() {
    CLI::App* command = AddCommand(&app_, "track", "Count something, through a running ingest",
                                   "  odometer track visits\n"
                                   "  odometer track visits 10 --server http://127.0.0.1:3000",
                                   [this] { return RunTrack(track_); });
    command->add_option("KEY", track_.key, "What to count")->required();
    command->add_option("VALUE", track_.value, "How many, a whole number")->capture_default_str();
    command->add_option("--server", track_.server, "Address of the ingest")->capture_default_str();
    AddTokenFlag(command, &track_.token);
  }

  void AddGet() {
    CLI::App* command = AddCommand(&app_, "get", "Ask a running query for a count",
                                   "  odometer get visits\n"
                                   "  odometer get visits --type points --period 60\n"
                                   "  odometer get visits --type points --period 1d --timezone Europe/Berlin\n"
                                   "  odometer get latency --type timer --from 1700000000000 --to 1700000060000\n"
                                   "  odometer get visitors --type set",
                                   [this] { return RunGet(get_); });
    command->add_option("KEY", get_.key, "What was counted")->required();
    command->add_option("--type", get_.type, "counter, points, gauge, meter, timer or set")->capture_default_str();
    command->add_option("--from", get_.from, "Epoch ms, inclusive");
    command->add_option("--to", get_.to, "Epoch ms, inclusive");
    command->add_option("--period", get_.period, "Seconds per point, or 1d, 1w or 1mo");
    command->add_option("--timezone", get_.timezone, "Whose days, weeks and months; by default UTC");
    command->add_option("--min-offset", get_.min_offset, "Wait until this offset, as printed by track, is counted");
    command->add_option("--server", get_.server, "Address of the query")->capture_default_str();
    AddTokenFlag(command, &get_.token);
  }

  void AddDeadLetters() {
    CLI::App* parent = app_.add_subcommand("dead-letters", "Look at rejected records, and send them once more");
    parent->require_subcommand(0, 1);
    auto add = [&](const std::string& name, const std::string& description, const std::string& examples,
                   int (*run)(const Config&, const DeadLettersRequest&, StopSignal*)) {
      CLI::App* command = AddCommand(parent, name, description, examples, [this, run] {
        return RunWithConfig("", /*takes_hangup=*/false,
                             [&](const Config& config, StopSignal* stop) { return run(config, letters_, stop); });
      });
      AddConfigFlags(command, &flags_);
      command->add_option("--reason", letters_.reasons, "Only these reasons; may be repeated")
          ->check(CLI::IsMember(DeadLetterReasons()));
      command->add_option("--since", letters_.since,
                          "Only letters written since then: a duration such as 1h or 7d, an ISO-8601 time, or epoch ms");
      command->add_option("--limit", letters_.limit, "At most so many, the first by partition and offset");
      command->add_flag("--all", letters_.all, "Also those that were replayed already");
      return command;
    };
    CLI::App* list = add("list", "Print dead letters: where they are, why, and how their records begin",
                         "  odometer dead-letters list --config odometer.yaml\n"
                         "  odometer dead-letters list --config odometer.yaml --reason bad_value --since 1h --json",
                         RunListDeadLetters);
    list->add_flag("--json", letters_.json, "One JSON object per line");
    CLI::App* replay = add("replay",
                           "Send the records of dead letters once more, each once, as they were, to their topic",
                           "  odometer dead-letters replay --config odometer.yaml --reason from_the_future --dry-run\n"
                           "  odometer dead-letters replay --config odometer.yaml --since 1h --limit 100\n"
                           "  odometer dead-letters replay --config odometer.yaml --to metrics.repair --all",
                           RunReplayDeadLetters);
    replay->add_option("--to", letters_.to, "The topic to send to, instead of that from which each record came");
    replay->add_flag("--dry-run", letters_.dry_run, "Only print which letters it would be");
  }

  void AddRules() {
    CLI::App* parent = app_.add_subcommand("rules", "Look at a rules file, and try it on records");
    parent->require_subcommand(0, 1);
    CLI::App* check = AddCommand(parent, "check", "Say what is wrong with rules, and where, or which metrics they give",
                                 "  odometer rules check --file rules.yaml", [this] { return RunRulesCheck(rules_); });
    CLI::App* attempt = AddCommand(
        parent, "try", "Print the events that rules give for records, and what they add up to",
        "  odometer rules try --file rules.yaml --events orders.jsonl\n"
        "  kcat -C -b 127.0.0.1:9092 -t shop.orders -c 100 -e | odometer rules try --file rules.yaml\n"
        "  odometer rules try --file rules.yaml --events orders.jsonl --topic shop.orders --json",
        [this] { return RunRulesTry(rules_); });
    for (CLI::App* command : {check, attempt}) {
      command->add_option("--file", rules_.file, "The rules: docs/rules.md")->required();
    }
    attempt->add_option("--events", rules_.events, "Records, one JSON object per line; - is the standard input")
        ->capture_default_str();
    attempt->add_option("--topic", rules_.topic, "From which topic they would come; the first source unless given");
    attempt->add_flag("--json", rules_.json, "Only the events, one per line, as the input topic takes them");
  }

  void AddConfig() {
    CLI::App* config = app_.add_subcommand("config", "Look at the configuration");
    config->require_subcommand(0, 1);
    CLI::App* check = AddCommand(config, "check", "Print what holds and where each value came from",
                                 "  odometer config check --config odometer.yaml --config site.yaml", [this] {
                                   std::optional<LoadedConfig> loaded = Load(flags_, "");
                                   if (!loaded) return kUsageError;
                                   std::cout << EffectiveConfigText(loaded->settings);
                                   return 0;
                                 });
    AddConfigFlags(check, &flags_);
    AddCommand(config, "docs", "Print all options as Markdown", "  odometer config docs > docs/configuration.md", [] {
      std::cout << ConfigDocsMarkdown();
      return 0;
    });
  }

  CLI::App app_{"Odometer: exact, live counts over Kafka topics", "odometer"};
  ConfigFlags flags_;
  ControlRequest control_;
  RebuildRequest rebuild_;
  TrackRequest track_;
  GetRequest get_;
  DeadLettersRequest letters_;
  RulesRequest rules_;
  std::function<int()> action_;
};

}  // namespace
}  // namespace odometer::cli

int main(int argc, char** argv) {
  try {
    return odometer::cli::CommandLine().Run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "odometer: " << e.what() << "\n";
    return 1;
  }
}
