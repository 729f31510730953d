#include "cli/dead_letters_command.h"

#include <fmt/core.h>

#include <iostream>
#include <memory>
#include <utility>

#include "cli/dead_letters/dead_letter_log.h"
#include "cli/dead_letters/letter_text.h"
#include "cli/dead_letters/replay.h"
#include "cli/listener.h"
#include "common/base/clock.h"
#include "common/kafka/admin.h"
#include "common/kafka/log_reader.h"
#include "common/kafka/producer.h"

namespace odometer::cli {
namespace {

constexpr int kAdminTimeoutMs = 15'000;
constexpr uint64_t kProgressEvery = 500;

int Fail(const Status& status) {
  std::cerr << "odometer: " << status.message() << "\n";
  return status.Is(ErrorKind::kInvalid) ? kUsageError : 1;
}

// The dead letters of the configured application that match.
class Letters {
 public:
  static Result<std::unique_ptr<Letters>> Open(const Config& config, const DeadLettersRequest& request) {
    auto letters = std::make_unique<Letters>();
    letters->filter_.reasons = {request.reasons.begin(), request.reasons.end()};
    letters->filter_.limit = request.limit;
    letters->filter_.replayed_too = request.all;
    if (!request.since.empty()) {
      Result<int64_t> since_ms = ParseSince(request.since, SystemClock().WallMs());
      if (!since_ms.ok()) return since_ms.status();
      letters->filter_.since_ms = *since_ms;
    }
    const std::string client_id = config.processor.application + "-dead-letters";
    Result<std::unique_ptr<Admin>> admin = NewRdAdmin(config.kafka(), client_id, kAdminTimeoutMs);
    if (!admin.ok()) return admin.status();
    letters->admin_ = std::move(*admin);
    Result<std::unique_ptr<LogReader>> reader = NewRdLogReader({config.kafka(), client_id});
    if (!reader.ok()) return reader.status();
    letters->reader_ = std::move(*reader);
    letters->log_.emplace(config.processor.dead_letter_topic, letters->admin_.get(), letters->reader_.get());
    return letters;
  }

  Status Select() {
    Result<LetterSelection> selection = log_->Select(filter_);
    if (!selection.ok()) return selection.status();
    selection_ = std::move(*selection);
    return Status::Ok();
  }
  // Until asked to stop: then kRetry.
  Status Read(StopSignal* stop, const std::function<Status(const Letter&)>& on_letter) {
    return log_->Read(selection_, [&](const Letter& letter) {
      return stop->WaitFor(0) ? Status::Retry("asked to stop") : on_letter(letter);
    });
  }
  Status Print(bool json, StopSignal* stop) {
    if (!json) std::cout << LetterHeading() << "\n";
    return Read(stop, [&](const Letter& letter) {
      std::cout << (json ? LetterJson(letter) : LetterRow(letter)) << "\n";
      return Status::Ok();
    });
  }

  Admin* admin() { return admin_.get(); }
  const LetterSelection& selection() const { return selection_; }

 private:
  LetterFilter filter_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<LogReader> reader_;
  std::optional<DeadLetterLog> log_;
  LetterSelection selection_;
};

std::string ReplayedBefore(const LetterSelection& selection) {
  return selection.replayed_before == 0 ? "" : fmt::format(", {} were replayed before", selection.replayed_before);
}

// A second replay of the application fences this one, and waits until its transaction has ended.
Result<std::unique_ptr<TransactionalProducer>> OpenProducer(const Config& config) {
  ProducerOptions options;
  options.properties = config.kafka();
  options.client_id = config.processor.application + "-dead-letters";
  options.transactional_id = config.processor.application + "-dead-letters-replay";
  options.transaction_timeout_ms = config.processor.transaction_timeout_ms;
  Result<std::unique_ptr<TransactionalProducer>> producer = NewRdTransactionalProducer(options);
  if (!producer.ok()) return producer;
  ODOMETER_RETURN_IF_ERROR((*producer)->Init().WithContext("opening the transactional producer"));
  return producer;
}

Status ReplayAll(Letters* letters, Replay* replay, StopSignal* stop) {
  const uint64_t letters_in_all = letters->selection().letters;
  uint64_t told = 0;
  Status read = letters->Read(stop, [&](const Letter& letter) {
    Status added = replay->Add(letter);
    if (replay->replayed() >= told + kProgressEvery) {
      told = replay->replayed();
      std::cerr << fmt::format("{} of {} replayed\n", told, letters_in_all);
    }
    return added;
  });
  return read.ok() ? replay->Finish() : read;
}

}  // namespace

int RunListDeadLetters(const Config& config, const DeadLettersRequest& request, StopSignal* stop) {
  Result<std::unique_ptr<Letters>> letters = Letters::Open(config, request);
  if (!letters.ok()) return Fail(letters.status());
  Status status = (*letters)->Select();
  if (status.ok()) status = (*letters)->Print(request.json, stop);
  if (!status.ok()) return Fail(status);
  if (!request.json) {
    const LetterSelection& selection = (*letters)->selection();
    std::cerr << fmt::format("{} dead letters{}\n", selection.letters, ReplayedBefore(selection));
  }
  return 0;
}

int RunReplayDeadLetters(const Config& config, const DeadLettersRequest& request, StopSignal* stop) {
  Result<std::unique_ptr<Letters>> letters = Letters::Open(config, request);
  if (!letters.ok()) return Fail(letters.status());
  const LetterSelection& selection = (*letters)->selection();
  if (request.dry_run) {
    Status status = (*letters)->Select();
    if (status.ok()) status = (*letters)->Print(false, stop);
    if (!status.ok()) return Fail(status);
    std::cout << fmt::format("{} dead letters would be replayed{}\n", selection.letters, ReplayedBefore(selection));
    return 0;
  }
  // Before the selection, which so sees all that earlier replays have committed.
  Result<std::unique_ptr<TransactionalProducer>> producer = OpenProducer(config);
  if (!producer.ok()) return Fail(producer.status());
  if (Status status = (*letters)->Select(); !status.ok()) return Fail(status);
  Replay replay({.dead_letter_topic = config.processor.dead_letter_topic, .to = request.to}, (*letters)->admin(),
                producer->get(), [](const std::string& what) { std::cerr << "odometer: " << what << "\n"; });
  Status status = ReplayAll(letters->get(), &replay, stop);
  std::cout << fmt::format("{} of {} dead letters replayed{}{}\n", replay.replayed(), selection.letters,
                           replay.refused() == 0 ? "" : fmt::format(", {} refused because they were cut", replay.refused()),
                           ReplayedBefore(selection));
  if (!status.ok()) return Fail(status);
  return replay.refused() == 0 ? 0 : 1;
}

}  // namespace odometer::cli
