"""The engine that decides every act on a case: pure, so a simulation shows what will happen."""
