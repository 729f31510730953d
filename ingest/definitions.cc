#include "ingest/definitions.h"

#include <fmt/core.h>

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include "common/base/parse_integer.h"
#include "ingest/definition_body.h"
#include "ingest/idempotency_key.h"

namespace odometer {
namespace {

using http::Response;
using Verdict = CommandOutcome::Verdict;
using Parse = std::optional<Response> (*)(const std::string& body, Command* command);

constexpr size_t kDefaultLimit = 100;

Response NotReady() {
  return DetailResponse(503, "definitions cannot be served yet: the processor has not told them").With("Retry-After", "1");
}

Response NotFound() { return DetailResponse(404, "Metric not found"); }

std::string RandomRequestId() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

Response DoneResponse(const CommandOutcome& outcome, const DefinitionTable& table) {
  const Definition& definition = *outcome.definition;
  if (outcome.kind == Command::Kind::kRecord) return Response::Json(200, ReadingJson(*outcome.reading, definition.id));
  // As the outcome says, whatever has been decided since; the readings are those that there are.
  std::optional<DefinitionTable::Entry> entry = table.Find(outcome.org, outcome.code);
  const bool same = entry && entry->definition.id == definition.id;
  const std::map<int64_t, Reading> none;
  return Response::Json(200, MetricJson(definition, same ? &entry->readings : &none));
}

Response OutcomeResponse(const CommandOutcome& outcome, const DefinitionTable& table) {
  switch (outcome.verdict) {
    case Verdict::kDone: return DoneResponse(outcome, table);
    case Verdict::kExists: return DetailResponse(409, "Metric already registered");
    case Verdict::kUnknown: return NotFound();
    case Verdict::kAlreadySo:
      return DetailResponse(409, outcome.kind == Command::Kind::kActivate ? "Metric already active"
                                                                          : "Metric already deactivated");
    case Verdict::kActive: return DetailResponse(409, "Metric is active: deactivate it first");
    case Verdict::kDeactivated: return DetailResponse(409, "Metric is deactivated");
    case Verdict::kCrossedLimits: break;
  }
  return FieldErrorResponse({"body", "metric", "max_reading"}, "max_reading must not be below min_reading", "value_error");
}

// A delivery report may come when the router is gone: who waits for one keeps the object alive.
class Definitions : public std::enable_shared_from_this<Definitions> {
 public:
  Definitions(DefinitionOptions options, AsyncProducer* producer, DefinitionTable* table, const Clock* clock)
      : options_(std::move(options)), producer_(producer), table_(table), clock_(clock) {}

  Response List(const http::Request& request) const {
    size_t limit = kDefaultLimit;
    if (std::optional<std::string_view> text = request.Query("limit")) {
      std::optional<int64_t> parsed = ParseInteger<int64_t>(*text);
      if (!parsed) {
        return FieldErrorResponse({"query", "limit"}, "value is not a valid integer", "type_error.integer");
      }
      if (*parsed < 0) {
        return FieldErrorResponse({"query", "limit"}, "ensure this value is greater than or equal to 0",
                                  "value_error.number.not_ge");
      }
      limit = static_cast<size_t>(*parsed);
    }
    if (!table_->partitions()) return NotReady();
    return Response::Json(200, MetricsJson(table_->List(request.org, limit)));
  }

  Response Get(const http::Request& request) const {
    if (!table_->partitions()) return NotReady();
    std::optional<std::string> code = NormalizedCode(request.path_params.at(0));
    std::optional<DefinitionTable::Entry> entry = code ? table_->Find(request.org, *code) : std::nullopt;
    return entry ? Response::Json(200, MetricJson(entry->definition, &entry->readings)) : NotFound();
  }

  void Create(http::Request& request, const http::Responder& responder) {
    Command command;
    command.kind = Command::Kind::kCreate;
    if (auto refusal = ParseCreateBody(request.body, &command)) return responder.Send(std::move(*refusal));
    Submit(request, std::move(command), responder);
  }

  // A command to the metric of the path. `parse` may be null.
  void Change(Command::Kind kind, Parse parse, http::Request& request, const http::Responder& responder) {
    Command command;
    command.kind = kind;
    std::optional<std::string> code = NormalizedCode(request.path_params.at(0));
    if (!code) return responder.Send(NotFound());
    command.code = std::move(*code);
    if (parse != nullptr) {
      if (auto refusal = parse(request.body, &command)) return responder.Send(std::move(*refusal));
    }
    Submit(request, std::move(command), responder);
  }

 private:
  void Submit(const http::Request& request, Command command, const http::Responder& responder) {
    command.org = request.org;
    const IdempotencyKey key = ReadIdempotencyKey(request);
    if (!key.error.empty()) {
      return responder.Send(FieldErrorResponse({"header", std::string(kIdempotencyKeyHeader)}, key.error, "value_error"));
    }
    command.request_id = key.key.empty() ? RandomRequestId() : std::string(key.key);
    if (!options_.enabled) {
      return responder.Send(DetailResponse(503, "definitions need processing.guarantee=exactly_once"));
    }
    const std::optional<int32_t> partitions = table_->partitions();
    if (!partitions) return responder.Send(NotReady());
    auto self = shared_from_this();
    const DefinitionTable::Ticket ticket = table_->Await(
        command, clock_->SteadyMs() + options_.timeout_ms, [self, responder](const std::optional<CommandOutcome>& outcome) {
          responder.Send(outcome ? OutcomeResponse(*outcome, *self->table_) : Unknown());
        });
    const std::string definition_key = DefinitionKey(command.org, command.code);
    const std::string bytes = EncodeCommand(command);
    OutRecord record;
    record.key = definition_key;
    record.value = bytes;
    record.partition = CommandPartition(definition_key, *partitions);
    Status queued = producer_->Produce(options_.commands_topic, record,
                                       [self, ticket, responder](const Result<RecordMetadata>& written) {
                                         if (!written.ok()) self->Failed(written.status(), ticket, responder);
                                       });
    if (!queued.ok()) Failed(queued, ticket, responder);
  }

  // What may have been written is waited for.
  void Failed(const Status& status, DefinitionTable::Ticket ticket, const http::Responder& responder) {
    if (status.Is(ErrorKind::kRecover) || !table_->Cancel(ticket)) return;
    responder.Send(DetailResponse(status.Is(ErrorKind::kRetry) ? 503 : 500, "not written: " + status.message()));
  }

  static Response Unknown() {
    return DetailResponse(504, "the outcome is not known: the request may still be applied. Sent again with the same "
                               "Idempotency-Key it is applied once");
  }

  const DefinitionOptions options_;
  AsyncProducer* const producer_;
  DefinitionTable* const table_;
  const Clock* const clock_;
};

}  // namespace

void AddDefinitionRoutes(const DefinitionOptions& options, AsyncProducer* producer, DefinitionTable* table,
                         const Clock* clock, http::Router* router) {
  auto definitions = std::make_shared<Definitions>(options, producer, table, clock);
  auto change = [&](http::Method method, const char* pattern, Command::Kind kind, Parse parse) {
    router->Add(method, pattern, http::Access::kWrite,
                [definitions, kind, parse](http::Request& request, const http::Responder& responder) {
                  definitions->Change(kind, parse, request, responder);
                });
  };
  router->AddSimple(http::Method::kGet, "/metric/", http::Access::kRead,
                    [definitions](const http::Request& request) { return definitions->List(request); });
  router->Add(http::Method::kPost, "/metric/", http::Access::kWrite,
              [definitions](http::Request& request, const http::Responder& responder) {
                definitions->Create(request, responder);
              });
  router->AddSimple(http::Method::kGet, "/metric/{code}", http::Access::kRead,
                    [definitions](const http::Request& request) { return definitions->Get(request); });
  change(http::Method::kPut, "/metric/{code}", Command::Kind::kChange, ParseChangeBody);
  change(http::Method::kDelete, "/metric/{code}", Command::Kind::kDelete, nullptr);
  change(http::Method::kPost, "/metric/{code}", Command::Kind::kRecord, ParseReadingBody);
  change(http::Method::kPost, "/metric/{code}/activate", Command::Kind::kActivate, nullptr);
  change(http::Method::kPost, "/metric/{code}/deactivate", Command::Kind::kDeactivate, nullptr);
}

}  // namespace odometer
