// Owns the precompiled headers that the engine tests share.
