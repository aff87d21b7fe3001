/* NVML as a test wants it: what each call answers stands in the environment, "status,value" or nothing for success. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int answer(const char *name, unsigned long long usual, unsigned long long *value) {
    const char *text = getenv(name);
    int status = 0;
    *value = usual;
    if (text) sscanf(text, "%d,%llu", &status, value);
    return status;
}

#define NUMBER(function, type, usual, before)                 \
    int function(void *card before, type *out) {              \
        unsigned long long value;                             \
        int status = answer(#function, usual, &value);        \
        if (status == 0) *out = (type)value;                  \
        return status;                                        \
    }
#define NOTHING
#define ONE , unsigned which

NUMBER(nvmlDeviceGetPowerUsage, unsigned, 151500, NOTHING)
NUMBER(nvmlDeviceGetTotalEnergyConsumption, unsigned long long, 987654321, NOTHING)
NUMBER(nvmlDeviceGetTemperature, unsigned, 61, ONE)
NUMBER(nvmlDeviceGetClockInfo, unsigned, 1755, ONE)
NUMBER(nvmlDeviceGetMaxClockInfo, unsigned, 1980, ONE)
#ifdef OLD
NUMBER(nvmlDeviceGetCurrentClocksThrottleReasons, unsigned long long, 0, NOTHING)
#else
NUMBER(nvmlDeviceGetCurrentClocksEventReasons, unsigned long long, 0, NOTHING)
#endif

int nvmlInit_v2(void) { unsigned long long value; return answer("nvmlInit_v2", 0, &value); }
int nvmlShutdown(void) { return 0; }

int nvmlDeviceGetCount_v2(unsigned *out) {
    unsigned long long value;
    int status = answer("nvmlDeviceGetCount_v2", 1, &value);
    *out = (unsigned)value;
    return status;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned place, void **out) { *out = (void *)(size_t)(place + 1); return 0; }

int nvmlDeviceGetName(void *card, char *text, unsigned size) { strncpy(text, "Fake \x1b[31mGPU", size); return 0; }

int nvmlDeviceGetUtilizationRates(void *card, unsigned *out) {
    unsigned long long value;
    int status = answer("nvmlDeviceGetUtilizationRates", 83, &value);
    out[0] = (unsigned)value;
    out[1] = 12;
    return status;
}
