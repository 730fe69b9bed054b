// A Vulkan loader whose devices are lost once the file in RUNE_TEST_LOST exists: they accept no more work. Everything
// else comes from the loader in RUNE_TEST_LOADER.
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void (*function)(void);
typedef int32_t (*submit)(void *, uint32_t, const void *, uint64_t);

static const int32_t VK_ERROR_DEVICE_LOST = -4;
static submit real_submit;

static void *real(const char *name) {
    static void *loader;
    if (!loader) loader = dlopen(getenv("RUNE_TEST_LOADER"), RTLD_NOW | RTLD_LOCAL);
    return loader ? dlsym(loader, name) : NULL;
}

static int32_t submit_unless_lost(void *queue, uint32_t count, const void *submits, uint64_t fence) {
    if (access(getenv("RUNE_TEST_LOST"), F_OK) == 0) return VK_ERROR_DEVICE_LOST;
    return real_submit(queue, count, submits, fence);
}

function vkGetInstanceProcAddr(void *instance, const char *name) {
    return ((function(*)(void *, const char *))real("vkGetInstanceProcAddr"))(instance, name);
}

function vkGetDeviceProcAddr(void *device, const char *name) {
    function found = ((function(*)(void *, const char *))real("vkGetDeviceProcAddr"))(device, name);
    if (!found || strncmp(name, "vkQueueSubmit2", 14) != 0) return found;
    real_submit = (submit)found;
    return (function)submit_unless_lost;
}

int32_t vkSignalSemaphore(void *device, const void *info) {
    return ((int32_t(*)(void *, const void *))real("vkSignalSemaphore"))(device, info);
}

int32_t vkGetSemaphoreCounterValue(void *device, uint64_t semaphore, uint64_t *value) {
    return ((int32_t(*)(void *, uint64_t, uint64_t *))real("vkGetSemaphoreCounterValue"))(device, semaphore, value);
}

int32_t vkWaitSemaphores(void *device, const void *info, uint64_t timeout) {
    return ((int32_t(*)(void *, const void *, uint64_t))real("vkWaitSemaphores"))(device, info, timeout);
}

int32_t vkCreateDevice(void *physical, const void *info, const void *allocator, void **device) {
    typedef int32_t (*create)(void *, const void *, const void *, void **);
    return ((create)real("vkCreateDevice"))(physical, info, allocator, device);
}

void vkGetPhysicalDeviceProperties(void *physical, void *properties) {
    ((void (*)(void *, void *))real("vkGetPhysicalDeviceProperties"))(physical, properties);
}
