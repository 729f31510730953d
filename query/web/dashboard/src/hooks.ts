import {useEffect, useReducer, useState} from 'preact/hooks';

import {ApiError, type Answer} from './api';
import {records} from './records';

// The time, anew every so often.
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return now;
}

// Renders anew when records change.
export function useRecords(): typeof records {
  const [, render] = useReducer((n: number) => n + 1, 0);
  useEffect(() => records.subscribe(() => render(undefined)), []);
  return records;
}

export interface Asked<T> {
  answer: Answer<T> | null;
  error: ApiError | null;
  again(): void;
}

// Asks once, and every so often, while the page is looked at. A failure leaves the last answer.
export function useAnswer<T>(
  ask: (signal: AbortSignal) => Promise<Answer<T>>,
  inputs: unknown[],
  everyMs = 0,
): Asked<T> {
  const [answer, setAnswer] = useState<Answer<T> | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [round, again] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const abort = new AbortController();
    let timer = 0;
    const run = async (): Promise<void> => {
      if (!document.hidden) {
        try {
          setAnswer(await ask(abort.signal));
          setError(null);
        } catch (failure) {
          if (abort.signal.aborted) return;
          setError(failure instanceof ApiError ? failure : new ApiError(0, String(failure)));
        }
      }
      if (everyMs > 0 && !abort.signal.aborted) timer = window.setTimeout(() => void run(), everyMs);
    };
    void run();
    return () => {
      abort.abort();
      window.clearTimeout(timer);
    };
  }, [...inputs, round]);
  return {answer, error, again: () => again(undefined)};
}

// A value that is read out: the newest, but not more often than one can listen to.
export function useSpoken(text: string, everyMs = 15_000): string {
  const [spoken, setSpoken] = useState(text);
  const [newest] = useState({text});
  newest.text = text;
  useEffect(() => {
    const timer = window.setInterval(() => setSpoken(newest.text), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return spoken;
}
