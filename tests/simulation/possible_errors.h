// What a broker may answer when a call goes wrong.
#pragma once

#include <map>
#include <vector>

#include "common/base/status.h"
#include "common/kafka/memory_broker.h"

namespace odometer {

inline const std::map<BrokerCall, std::vector<ErrorKind>>& PossibleErrors() {
  using enum ErrorKind;
  static const std::map<BrokerCall, std::vector<ErrorKind>> errors = {
      {BrokerCall::kInit, {kRetry, kRecover}},         {BrokerCall::kBegin, {kRetry, kRecover}},
      {BrokerCall::kProduce, {kAbort, kRecover}},      {BrokerCall::kFlush, {kAbort, kRecover}},
      {BrokerCall::kSendOffsets, {kRetry, kAbort, kRecover}},
      {BrokerCall::kCommit, {kRetry, kAbort, kRecover}}, {BrokerCall::kAbort, {kRecover}},
      {BrokerCall::kPoll, {kRecover}},                 {BrokerCall::kCommitted, {kRetry}},
      {BrokerCall::kRead, {kRetry}},                   {BrokerCall::kDescribe, {kRetry}},
      {BrokerCall::kCreate, {kRetry}},                 {BrokerCall::kGrow, {kRetry}},
      {BrokerCall::kOffsets, {kRetry}},
  };
  return errors;
}

}  // namespace odometer
